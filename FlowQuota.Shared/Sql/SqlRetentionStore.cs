using System.Data.Common;
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
            async (connection, ct) => new CleanupHistory(
                await ReadRunAsync(connection, SqlStatement.FindLastCleanup, ct),
                await ReadRunAsync(connection, SqlStatement.ReadUnfinishedCleanup, ct),
                await connection.ExecuteScalarAsync<long>(dialect.Command(SqlStatement.SumCleanups, null, ct))),
            cancellationToken);

    /// <inheritdoc/>
    public Task<int?> CountExpiredAsync(DateTime cutoff, int most, CancellationToken cancellationToken) =>
        dialect.ReadAsync<int?>(
            async (connection, ct) =>
            {
                var values = new { Cutoff = cutoff, Limit = most + 1 };
                int count = await connection.ExecuteScalarAsync<int>(dialect.ReportCommand(SqlStatement.CountExpiredLogRows, values, ct));
                return count > most ? null : count;
            },
            cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> StopRunAsync(DateTime now, CancellationToken cancellationToken) =>
        await dialect.WriteAsync(
            (transaction, ct) => transaction.Connection!.ExecuteAsync(dialect.Command(SqlStatement.CompleteCleanup, new { now }, transaction, ct)),
            repeatable: false,
            cancellationToken) > 0;

    /// <inheritdoc/>
    public async Task<ICleanupSession?> TryBeginAsync(CancellationToken cancellationToken)
    {
        var held = await dialect.TryLockAsync(LockName, TimeSpan.Zero, cancellationToken);
        return held is null ? null : new SqlCleanupSession(dialect, held, logger);
    }

    private async Task<CleanupRun?> ReadRunAsync(DbConnection connection, SqlStatement statement, CancellationToken cancellationToken)
    {
        var runs = await connection.QueryAsync<(DateTime StartedAt, long DeletedCount)>(dialect.Command(statement, null, cancellationToken));
        return runs.Select(run => new CleanupRun(run.StartedAt, run.DeletedCount)).SingleOrDefault();
    }
}
