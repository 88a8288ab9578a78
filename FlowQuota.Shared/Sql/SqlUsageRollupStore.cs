using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary><see cref="IUsageRollupStore"/> over <c>token_quota_logs</c> and the <c>usage_*</c> tables.</summary>
/// <param name="dialect">The server.</param>
public sealed class SqlUsageRollupStore(SqlDialect dialect) : IUsageRollupStore
{
    private const string LockName = "usage";

    /// <inheritdoc/>
    public async Task<IUsageRollupSession?> TryBeginAsync(CancellationToken cancellationToken)
    {
        var held = await dialect.TryLockAsync(LockName, TimeSpan.Zero, cancellationToken);
        return held is null ? null : new SqlUsageRollupSession(dialect, held);
    }
}
