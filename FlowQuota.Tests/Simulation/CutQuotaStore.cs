using FlowQuota.Ledger;
using FlowQuota.Sql;

namespace FlowQuota.Tests.Simulation;

/// <summary>The real quota store, with a <see cref="CutPoint"/> around its writes.</summary>
internal sealed class CutQuotaStore(SqlQuotaStore store, CutPoint cut) : IQuotaStore
{
    public Task<IReadOnlyList<RefusedSnapshot>> WriteAsync(IReadOnlyList<QuotaSnapshot> snapshots, CancellationToken cancellationToken) =>
        cut.WriteAsync(() => store.WriteAsync(snapshots, cancellationToken));
}
