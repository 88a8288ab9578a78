using FlowQuota.Ledger;
using FlowQuota.Sql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowQuota.Tests.Apps;

/// <summary>A log store that runs other code around one of its writes; see <see cref="InterposedQuotaStore"/>.</summary>
public sealed class InterposedLogStore(IQuotaLogStore store) : IQuotaLogStore
{
    /// <summary>Runs before the next write, once; the write throws its exception.</summary>
    public Func<Task>? BeforeNextWrite { get; set; }

    /// <summary>Runs after the next write was committed, once; the write throws its exception.</summary>
    public Func<Task>? AfterNextWrite { get; set; }

    public async Task<int> WriteAsync(IReadOnlyList<QuotaLogEntry> entries, NewestPositions newest, CancellationToken cancellationToken)
    {
        var (before, after) = (BeforeNextWrite, AfterNextWrite);
        (BeforeNextWrite, AfterNextWrite) = (null, null);
        if (before is not null)
            await before();
        int aside = await store.WriteAsync(entries, newest, cancellationToken);
        if (after is not null)
            await after();
        return aside;
    }

    public Task DeadLetterAsync(string payload, string reason, CancellationToken cancellationToken) =>
        store.DeadLetterAsync(payload, reason, cancellationToken);

    public Task<QuotaLogEntry?> FindChangeAsync(
        string tokenId, string requestId, LedgerPosition after, CancellationToken cancellationToken) =>
        store.FindChangeAsync(tokenId, requestId, after, cancellationToken);

    public Task<IReadOnlyList<FoundCall>> FindCallsAsync(
        string tokenId, string requestId, DateTime from, DateTime until, CancellationToken cancellationToken) =>
        store.FindCallsAsync(tokenId, requestId, from, until, cancellationToken);

    public Task<(IReadOnlyList<QuotaLogEntry> Rows, DateTime SearchedFrom)> FindRequestAsync(
        string tokenId, string requestId, DateTime from, int limit, CancellationToken cancellationToken) =>
        store.FindRequestAsync(tokenId, requestId, from, limit, cancellationToken);

    public Task<QuotaLogPage> ReadAsync(QuotaLogQuery query, CancellationToken cancellationToken) => store.ReadAsync(query, cancellationToken);

    /// <summary>Replaces an instance's log store.</summary>
    public static void Replace(IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton<IQuotaLogStore>(
            provider => new InterposedLogStore(ActivatorUtilities.CreateInstance<SqlQuotaLogStore>(provider))));
}
