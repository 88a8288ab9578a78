using FlowQuota.Ledger;
using FlowQuota.Sql;

namespace FlowQuota.Tests.Simulation;

/// <summary>The real log store, with a <see cref="CutPoint"/> around its writes.</summary>
internal sealed class CutLogStore(SqlQuotaLogStore store, CutPoint cut) : IQuotaLogStore
{
    public Task<int> WriteAsync(IReadOnlyList<QuotaLogEntry> entries, NewestPositions newest, CancellationToken cancellationToken) =>
        cut.WriteAsync(() => store.WriteAsync(entries, newest, cancellationToken));

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
}
