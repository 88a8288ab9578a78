using System.Data.Common;
using Dapper;
using FlowQuota.Retention;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Storage.Sql;

/// <summary><see cref="ICleanupSession"/> on the connection that holds the lock.</summary>
internal sealed partial class SqlCleanupSession(SqlDialect dialect, SqlNamedLock held, ILogger logger) : ICleanupSession
{
    private long? _runId;

    /// <inheritdoc/>
    public async Task StartRunAsync(DateTime now, int retentionDays, CancellationToken cancellationToken)
    {
        const string unfinished = "SELECT MAX(id) FROM quota_cleanup_runs WHERE completed_at IS NULL";
        const string start = "INSERT INTO quota_cleanup_runs (started_at, retention_days) VALUES (@now, @retentionDays)";
        _runId = await dialect.WriteOnAsync(
            held.Connection,
            async (transaction, ct) =>
            {
                var connection = transaction.Connection!;
                var find = new CommandDefinition(unfinished, transaction: transaction, cancellationToken: ct);
                if (await connection.ExecuteScalarAsync<long?>(find) is { } id) return id;

                await connection.ExecuteAsync(new CommandDefinition(start, new { now, retentionDays }, transaction, cancellationToken: ct));
                return await connection.ExecuteScalarAsync<long>(find);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task ForgetRequestsAsync(DateTime before, CancellationToken cancellationToken)
    {
        const string sql = "DELETE FROM idempotency_keys WHERE created_at < @before";
        return dialect.WriteOnAsync(
            held.Connection,
            (transaction, ct) => transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, new { before }, transaction, cancellationToken: ct)),
            cancellationToken);
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

        // A schema change commits by itself: where the process dies just here, this one count is lost.
        if (dropped is { } count)
        {
            await dialect.WriteOnAsync(
                held.Connection,
                (transaction, ct) => transaction.Connection!.ExecuteAsync(Count(count, transaction, ct)),
                cancellationToken);
        }

        return dropped;
    }

    /// <inheritdoc/>
    public Task<int> DeleteBatchAsync(DateTime cutoff, int batchSize, CancellationToken cancellationToken) =>
        dialect.WriteOnAsync(
            held.Connection,
            async (transaction, ct) =>
            {
                var values = new { Cutoff = cutoff, Limit = batchSize };
                var deleted = await transaction.Connection!.ExecuteAsync(
                    new CommandDefinition(dialect.DeleteExpiredLogRows, values, transaction, cancellationToken: ct));
                await transaction.Connection!.ExecuteAsync(Count(deleted, transaction, ct));
                return deleted;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task CompleteRunAsync(DateTime now, CancellationToken cancellationToken)
    {
        const string sql = "UPDATE quota_cleanup_runs SET completed_at = @now WHERE completed_at IS NULL";
        return dialect.WriteOnAsync(
            held.Connection,
            (transaction, ct) => transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, new { now }, transaction, cancellationToken: ct)),
            cancellationToken);
    }

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

    private CommandDefinition Count(long deleted, DbTransaction transaction, CancellationToken cancellationToken) =>
        new(
            "UPDATE quota_cleanup_runs SET deleted_count = deleted_count + @deleted WHERE id = @RunId",
            new { deleted, RunId = _runId ?? throw new InvalidOperationException("The run was not started.") },
            transaction,
            cancellationToken: cancellationToken);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The SQL account may not change the partitions of token_quota_logs, so expired rows are deleted in batches: {Reason}")]
    private static partial void LogPartitionsNotAllowed(ILogger logger, string reason);
}
