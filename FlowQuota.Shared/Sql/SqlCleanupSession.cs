using Dapper;
using FlowQuota.Retention;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Sql;

/// <summary><see cref="ICleanupSession"/> on the connection that holds the lock.</summary>
internal sealed partial class SqlCleanupSession(SqlDialect dialect, SqlNamedLock held, ILogger logger) : ICleanupSession
{
    private long? _runId;

    /// <inheritdoc/>
    public async Task StartRunAsync(DateTime now, int retentionDays, CancellationToken cancellationToken)
    {
        _runId = await dialect.WriteOnAsync(
            held.Connection,
            async (transaction, ct) =>
            {
                var connection = transaction.Connection!;
                var find = dialect.Command(SqlStatement.FindUnfinishedCleanup, null, transaction, ct);
                if (await connection.ExecuteScalarAsync<long?>(find) is { } id) return id;

                await connection.ExecuteAsync(dialect.Command(SqlStatement.StartCleanup, new { now, retentionDays }, transaction, ct));
                return await connection.ExecuteScalarAsync<long>(find);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task ForgetRequestsAsync(DateTime before, CancellationToken cancellationToken)
    {
        await WriteAsync(SqlStatement.DeleteExpiredRequests, new { before }, cancellationToken);
        await WriteAsync(SqlStatement.DeleteOldReservations, new { before }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<long?> DropExpiredPartitionAsync(DateTime cutoff, CancellationToken cancellationToken)
    {
        if (dialect.LogPartitions is not { } partitions) return null;

        long? dropped;
        try
        {
            dropped = await dialect.OnceAsync(ct => partitions.DropOldestExpiredAsync(held.Connection, cutoff, ct), cancellationToken);
        }
        catch (SqlUnavailableException failed) when (failed.Failure == SqlFailure.NotAllowed)
        {
            LogPartitionsNotAllowed(logger, failed.InnerException!.Message);
            return null;
        }

        // A schema change commits by itself. If the process dies between the two, this one count is lost.
        if (dropped is { } count) await WriteAsync(SqlStatement.AddDeletedRows, Deleted(count), cancellationToken);
        return dropped;
    }

    /// <inheritdoc/>
    public Task<int> DeleteBatchAsync(DateTime cutoff, int batchSize, CancellationToken cancellationToken) =>
        dialect.WriteOnAsync(
            held.Connection,
            async (transaction, ct) =>
            {
                var values = new { Cutoff = cutoff, Limit = batchSize };
                var connection = transaction.Connection!;
                int deleted = await connection.ExecuteAsync(dialect.Command(SqlStatement.DeleteExpiredLogRows, values, transaction, ct));
                await connection.ExecuteAsync(dialect.Command(SqlStatement.AddDeletedRows, Deleted(deleted), transaction, ct));
                return deleted;
            },
            cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> IsStoppedAsync(CancellationToken cancellationToken) =>
        await dialect.OnceAsync(
            ct => held.Connection.ExecuteScalarAsync<long>(dialect.Command(SqlStatement.CountEndedCleanups, new { RunId }, ct)), cancellationToken) > 0;

    /// <inheritdoc/>
    public Task CompleteRunAsync(DateTime now, CancellationToken cancellationToken) =>
        WriteAsync(SqlStatement.CompleteCleanup, new { now }, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> TryAddPartitionsAsync(DateTime today, CancellationToken cancellationToken)
    {
        if (dialect.LogPartitions is not { } partitions) return true;

        try
        {
            return await dialect.OnceAsync(ct => partitions.TryAddDaysAsync(held.Connection, today, ct), cancellationToken);
        }
        catch (SqlUnavailableException failed) when (failed.Failure == SqlFailure.NotAllowed)
        {
            LogPartitionsNotAllowed(logger, failed.InnerException!.Message);
            return true;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => held.DisposeAsync();

    private Task<int> WriteAsync(SqlStatement statement, object values, CancellationToken cancellationToken) =>
        dialect.WriteOnAsync(
            held.Connection,
            (transaction, ct) => transaction.Connection!.ExecuteAsync(dialect.Command(statement, values, transaction, ct)),
            cancellationToken);

    private object Deleted(long deleted) => new { deleted, RunId };

    private long RunId => _runId ?? throw new InvalidOperationException("The run was not started.");

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The SQL account may not change the partitions of token_quota_logs, so expired rows are deleted in batches: {Reason}")]
    private static partial void LogPartitionsNotAllowed(ILogger logger, string reason);
}
