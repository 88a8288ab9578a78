using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary><see cref="IUsageRollupStore"/> over <c>token_quota_logs</c> and the <c>usage_*</c> tables.</summary>
/// <param name="dialect">The server.</param>
public sealed class SqlUsageRollupStore(SqlDialect dialect) : IUsageRollupStore
{
    private const string LockName = "usage";

    /// <summary>How many row ids are looked at in one statement; read in some seconds.</summary>
    internal long RowsAtOnce { get; init; } = 2_000_000;

    /// <inheritdoc/>
    public async Task<IUsageRollupSession?> TryBeginAsync(CancellationToken cancellationToken)
    {
        var held = await dialect.TryLockAsync(LockName, TimeSpan.Zero, cancellationToken);
        return held is null ? null : new SqlUsageRollupSession(dialect, held, RowsAtOnce);
    }
}
