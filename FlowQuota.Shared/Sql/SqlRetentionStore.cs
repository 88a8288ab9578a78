using Dapper;
using FlowQuota.Retention;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Sql;

/// <summary><see cref="IRetentionStore"/> over <c>token_quota_logs</c> and <c>quota_cleanup_runs</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="logger">Logs if partitions cannot be used.</param>
public sealed class SqlRetentionStore(SqlDialect dialect, ILogger<SqlRetentionStore> logger) : IRetentionStore
{
    // infra/cleanup_quota_logs.sh takes the same lock.
    private const string LockName = "cleanup";

    /// <inheritdoc/>
    public Task<CleanupHistory> ReadHistoryAsync(CancellationToken cancellationToken) =>
        dialect.ReadAsync(
            async (connection, ct) =>
            {
                var last = await connection.QueryAsync<(DateTime StartedAt, long DeletedCount)>(
                    dialect.Command(SqlStatement.FindLastCleanup, null, ct));
                var (unfinished, deleted) = await connection.QuerySingleAsync<(long Unfinished, long Deleted)>(
                    dialect.Command(SqlStatement.SumCleanups, null, ct));
                return new CleanupHistory(
                    last.Select(run => new CleanupRun(run.StartedAt, run.DeletedCount)).SingleOrDefault(), unfinished > 0, deleted);
            },
            cancellationToken);

    /// <inheritdoc/>
    public async Task<ICleanupSession?> TryBeginAsync(CancellationToken cancellationToken)
    {
        var held = await dialect.TryLockAsync(LockName, TimeSpan.Zero, cancellationToken);
        return held is null ? null : new SqlCleanupSession(dialect, held, logger);
    }
}
