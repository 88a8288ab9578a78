using FlowQuota.Auditing;
using FlowQuota.Quotas;
using FlowQuota.Storage.Sql;

namespace FlowQuota.Tests.Simulation;

/// <summary>The real log store, with a <see cref="CutPoint"/> around its writes.</summary>
internal sealed class CutLogStore(SqlQuotaLogStore store, CutPoint cut) : IQuotaLogStore
{
    public Task<int> WriteAsync(IReadOnlyList<QuotaLogEntry> entries, CancellationToken cancellationToken) =>
        cut.WriteAsync(() => store.WriteAsync(entries, cancellationToken));

    public Task SetAsideAsync(string payload, string reason, CancellationToken cancellationToken) =>
        store.SetAsideAsync(payload, reason, cancellationToken);

    public Task<QuotaLogEntry?> FindChangeAsync(
        string tokenId, string requestId, LedgerPosition after, DateTime since, CancellationToken cancellationToken) =>
        store.FindChangeAsync(tokenId, requestId, after, since, cancellationToken);

    public Task<IReadOnlyList<LedgerPosition>> FindCallsAsync(
        string tokenId, string requestId, DateTime from, DateTime until, CancellationToken cancellationToken) =>
        store.FindCallsAsync(tokenId, requestId, from, until, cancellationToken);

    public Task<QuotaLogPage> ReadAsync(QuotaLogQuery query, CancellationToken cancellationToken) => store.ReadAsync(query, cancellationToken);
}
