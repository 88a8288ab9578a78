using System.Data.Common;
using Dapper;
using FlowQuota.Usage;

namespace FlowQuota.Sql;

/// <summary><see cref="IUsageRollupSession"/> on the connection that holds the lock.</summary>
/// <remarks>
/// Rows are read outside of transactions, so that no writer of the log waits for the roll-up: INSERT ... SELECT would lock what it
/// reads.
/// </remarks>
internal sealed class SqlUsageRollupSession(SqlDialect dialect, SqlNamedLock held, long rowsAtOnce) : IUsageRollupSession
{
    // At full load a quarter of an hour has millions of rows; no caller waits for this.
    private const int SlowStatementSeconds = 300;

    /// <inheritdoc/>
    public async Task NoteChangesAsync(TimeSpan longestRun, CancellationToken cancellationToken)
    {
        // The newest id before the rows: what comes in between is looked at again. So are the newest rows, because a transaction may
        // commit lower ids later; older ones are looked at in pieces, each of which is done then.
        var state = await ReadAsync(
            (connection, ct) => connection.QuerySingleAsync<UsageStateRow>(dialect.Command(SqlStatement.ReadUsageState, null, ct)), cancellationToken);
        var open = state.CompleteUntil is { } complete ? QuarterHour.Of(complete - longestRun) : DateTime.MaxValue;
        long scanned = state.ScannedId;
        for (; state.NewestId - scanned > 2 * rowsAtOnce; scanned += rowsAtOnce)
            await NoteAsync(scanned, scanned + rowsAtOnce, DateTime.MaxValue, scanned + rowsAtOnce, state.SeenId, cancellationToken);
        await NoteAsync(scanned, state.NewestId, open, Math.Max(scanned, state.SeenId), state.NewestId, cancellationToken);
    }

    private async Task NoteAsync(long after, long last, DateTime open, long scannedId, long seenId, CancellationToken cancellationToken)
    {
        var quarters = (await ReadAsync(
            (connection, ct) => connection.QueryAsync<DateTime>(Slow(SqlStatement.FindChangedQuarters, new { After = after, Last = last, Open = open }, ct)),
            cancellationToken)).ToList();
        await WriteAsync(
            async (transaction, ct) =>
            {
                await SqlRows.InsertAsync(dialect, SqlStatement.NoteStaleQuarters, quarters.Select(quarter => new object[] { quarter }), transaction, ct);
                return await ExecuteAsync(transaction, SqlStatement.UpdateUsageState, new { ScannedId = scannedId, SeenId = seenId }, ct);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<DateTime?> FindOldestNotedAsync(CancellationToken cancellationToken) =>
        ReadAsync(
            (connection, ct) => connection.ExecuteScalarAsync<DateTime?>(dialect.Command(SqlStatement.FindStaleQuarter, null, ct)), cancellationToken);

    /// <inheritdoc/>
    public async Task RecountAsync(DateTime start, DateTime keptFrom, DateTime now, CancellationToken cancellationToken)
    {
        var until = start + QuarterHour.Length;
        var counts = (await ReadAsync(
            (connection, ct) => connection.QueryAsync<UsageCountRow>(Slow(SqlStatement.CountUsage, new { From = start, Until = until }, ct)),
            cancellationToken)).Select(row => row.ToCount()).ToList();
        // After the rows: retention records a run before it removes any.
        var cleanedBefore = await ReadAsync((connection, ct) => SqlCleanups.ReadCleanedBeforeAsync(dialect, connection, now, ct), cancellationToken);
        bool isWhole = start >= keptFrom && start >= cleanedBefore;

        await WriteAsync(
            async (transaction, ct) =>
            {
                if (isWhole) await ReplaceAsync(transaction, start, until, counts, ct);
                return await ExecuteAsync(transaction, SqlStatement.ForgetStaleQuarter, new { start }, ct);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task SetCompleteUntilAsync(DateTime completeUntil, CancellationToken cancellationToken) =>
        WriteAsync((transaction, ct) => ExecuteAsync(transaction, SqlStatement.SetCompleteUntil, new { completeUntil }, ct), cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> RemoveQuarterAsync(DateTime before, CancellationToken cancellationToken)
    {
        var oldest = await ReadAsync(
            (connection, ct) => connection.ExecuteScalarAsync<DateTime?>(dialect.Command(SqlStatement.FindOldestUsage, null, ct)), cancellationToken);
        if (oldest is not { } from || from >= before) return false;

        var values = new { From = DateTime.UnixEpoch, Until = QuarterHour.Of(from) + QuarterHour.Length };
        await WriteAsync(
            async (transaction, ct) =>
            {
                await ExecuteAsync(transaction, SqlStatement.DeleteUsage, values, ct);
                await ExecuteAsync(transaction, SqlStatement.DeleteUsageRefusals, values, ct);
                return await ExecuteAsync(transaction, SqlStatement.DeleteUsageTotals, values, ct);
            },
            cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => held.DisposeAsync();

    private async Task ReplaceAsync(
        DbTransaction transaction, DateTime start, DateTime until, IReadOnlyList<UsageCount> counts, CancellationToken cancellationToken)
    {
        var values = new { From = start, Until = until };
        await ExecuteAsync(transaction, SqlStatement.DeleteUsage, values, cancellationToken);
        await ExecuteAsync(transaction, SqlStatement.DeleteUsageTotals, values, cancellationToken);
        var usage = counts.Select(count => new object[]
        {
            start, count.TokenId, count.Meter, SqlEnums.Of(count.Action), count.WorkspaceId, count.Changes, count.QuotaChange, count.Failed,
        });
        await SqlRows.InsertAsync(dialect, SqlStatement.InsertUsage, usage, transaction, cancellationToken);
        var totals = counts.GroupBy(count => (count.Meter, count.Action)).Select(group => new object[]
        {
            start, group.Key.Meter, SqlEnums.Of(group.Key.Action), group.Sum(count => count.Changes), group.Sum(count => count.QuotaChange),
            group.Sum(count => count.Failed),
        });
        await SqlRows.InsertAsync(dialect, SqlStatement.InsertUsageTotals, totals, transaction, cancellationToken);
    }

    private Task<int> ExecuteAsync(DbTransaction transaction, SqlStatement statement, object values, CancellationToken cancellationToken) =>
        transaction.Connection!.ExecuteAsync(Slow(statement, values, cancellationToken, transaction));

    private Task<T> ReadAsync<T>(Func<DbConnection, CancellationToken, Task<T>> query, CancellationToken cancellationToken) =>
        dialect.OnceAsync(ct => query(held.Connection, ct), cancellationToken);

    private Task<int> WriteAsync(Func<DbTransaction, CancellationToken, Task<int>> change, CancellationToken cancellationToken) =>
        dialect.WriteOnAsync(held.Connection, change, cancellationToken);

    private CommandDefinition Slow(SqlStatement statement, object values, CancellationToken cancellationToken, DbTransaction? transaction = null) =>
        new(dialect.Text(statement), values, transaction, SlowStatementSeconds, cancellationToken: cancellationToken);

    private sealed class UsageStateRow
    {
        public DateTime? CompleteUntil { get; init; }

        public long ScannedId { get; init; }

        public long SeenId { get; init; }

        public long NewestId { get; init; }
    }
}
