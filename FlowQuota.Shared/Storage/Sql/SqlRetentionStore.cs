using Dapper;
using FlowQuota.Retention;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Storage.Sql;

/// <summary><see cref="IRetentionStore"/> over <c>token_quota_logs</c> and <c>quota_cleanup_runs</c>.</summary>
/// <param name="dialect">The server.</param>
/// <param name="logger">Hears where partitions cannot be used.</param>
public sealed class SqlRetentionStore(SqlDialect dialect, ILogger<SqlRetentionStore> logger) : IRetentionStore
{
    // infra/cleanup_quota_logs.sh takes the same lock.
    private const string LockName = "cleanup";

    /// <inheritdoc/>
    public Task<CleanupHistory> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        const string completed = """
            SELECT started_at AS StartedAt, deleted_count AS DeletedCount
            FROM quota_cleanup_runs
            WHERE completed_at IS NOT NULL
            ORDER BY id DESC
            LIMIT 1
            """;
        const string totals = """
            SELECT COUNT(*) - COUNT(completed_at) AS Unfinished, COALESCE(SUM(deleted_count), 0) AS Deleted
            FROM quota_cleanup_runs
            """;
        return dialect.ReadAsync(
            async (connection, ct) =>
            {
                var last = await connection.QueryAsync<(DateTime StartedAt, long DeletedCount)>(new CommandDefinition(completed, cancellationToken: ct));
                var (unfinished, deleted) = await connection.QuerySingleAsync<(long Unfinished, long Deleted)>(
                    new CommandDefinition(totals, cancellationToken: ct));
                return new CleanupHistory(
                    last.Select(run => new CleanupRun(run.StartedAt, run.DeletedCount)).SingleOrDefault(), unfinished > 0, deleted);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ICleanupSession?> TryBeginAsync(CancellationToken cancellationToken)
    {
        var held = await dialect.TryLockAsync(LockName, TimeSpan.Zero, cancellationToken);
        return held is null ? null : new SqlCleanupSession(dialect, held, logger);
    }
}
