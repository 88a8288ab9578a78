using FlowQuota.Auditing;
using FlowQuota.Quotas;
using FlowQuota.Storage.Sql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlowQuota.Tests.Apps;

/// <summary>A log store around one of whose writes something else can happen; see <see cref="InterposedQuotaStore"/>.</summary>
public sealed class InterposedLogStore(IQuotaLogStore store) : IQuotaLogStore
{
    /// <summary>Happens before the next write, once; what it throws the write throws.</summary>
    public Func<Task>? BeforeNextWrite { get; set; }

    /// <summary>Happens after the next write was committed, once; what it throws the write throws.</summary>
    public Func<Task>? AfterNextWrite { get; set; }

    public async Task<int> WriteAsync(IReadOnlyList<QuotaLogEntry> entries, CancellationToken cancellationToken)
    {
        var (before, after) = (BeforeNextWrite, AfterNextWrite);
        (BeforeNextWrite, AfterNextWrite) = (null, null);
        if (before is not null)
            await before();
        int aside = await store.WriteAsync(entries, cancellationToken);
        if (after is not null)
            await after();
        return aside;
    }

    public Task SetAsideAsync(string payload, string reason, CancellationToken cancellationToken) =>
        store.SetAsideAsync(payload, reason, cancellationToken);

    public Task<QuotaLogEntry?> FindChangeAsync(
        string tokenId, string requestId, LedgerPosition after, DateTime since, CancellationToken cancellationToken) =>
        store.FindChangeAsync(tokenId, requestId, after, since, cancellationToken);

    public Task<IReadOnlyList<LedgerPosition>> FindCallsAsync(
        string tokenId, string requestId, DateTime from, DateTime until, CancellationToken cancellationToken) =>
        store.FindCallsAsync(tokenId, requestId, from, until, cancellationToken);

    public Task<QuotaLogPage> ReadAsync(QuotaLogQuery query, CancellationToken cancellationToken) => store.ReadAsync(query, cancellationToken);

    /// <summary>Puts one in the place of an instance's log store.</summary>
    public static void Replace(IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton<IQuotaLogStore>(
            provider => new InterposedLogStore(ActivatorUtilities.CreateInstance<SqlQuotaLogStore>(provider))));
}
