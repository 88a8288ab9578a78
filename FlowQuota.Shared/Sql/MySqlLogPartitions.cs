using System.Data.Common;
using System.Globalization;
using System.Text;
using Dapper;

namespace FlowQuota.Sql;

/// <summary>
/// The daily partitions: <c>p20261122</c> ends with that day (UTC), the first one also holds all older rows, and
/// <c>p_future</c> is the catch-all after the last day.
/// </summary>
/// <remarks>Its statements are not in files, because the name of a partition cannot be a parameter and only MySQL has partitions.</remarks>
internal sealed class MySqlLogPartitions : ILogPartitions
{
    private const int DaysAhead = 7;

    // REORGANIZE copies the rows of the catch-all while writers wait: about a second for this many rows.
    private const int MostRowsToCopy = 100_000;

    // A whole day's rows are counted, or up to MostRowsToCopy copied; the usual timeout of a statement is too short for that.
    private const int SlowStatementSeconds = 120;

    private static readonly TimeSpan LockWait = TimeSpan.FromSeconds(5);

    private const string CatchAll = "p_future";

    /// <inheritdoc/>
    public async Task<long?> DropOldestExpiredAsync(DbConnection connection, DateTime cutoff, CancellationToken cancellationToken)
    {
        var partitions = await ListAsync(connection, cancellationToken);
        if (partitions is not [{ End: { } end } oldest, ..] || end > cutoff) return null;

        long count = await connection.ExecuteScalarAsync<long>(Slow(
            $"SELECT COUNT(*) FROM token_quota_logs PARTITION ({oldest.Name})", cancellationToken));
        await connection.ExecuteAsync(Slow(
            $"ALTER TABLE token_quota_logs DROP PARTITION {oldest.Name}", cancellationToken));
        return count;
    }

    /// <inheritdoc/>
    public async Task<bool> TryAddDaysAsync(DbConnection connection, DateTime today, CancellationToken cancellationToken)
    {
        // The migrator and the timer of any instance call this. The lock ends with the connection, soon after.
        if (!await MySqlDialect.TryLockAsync(connection, "partitions", LockWait, cancellationToken)) return true;

        var partitions = await ListAsync(connection, cancellationToken);
        if (partitions is not [.., { Name: CatchAll, End: null }]) return true; // The table is partitioned by someone else, or not at all.

        var first = partitions.Count > 1 && partitions[^2].End > today.Date ? partitions[^2].End!.Value : today.Date;
        var last = today.Date.AddDays(DaysAhead);
        if (first > last) return true;

        // Bounded, because the rows are counted one by one.
        const string count = $"SELECT COUNT(*) FROM (SELECT 1 FROM token_quota_logs PARTITION ({CatchAll}) LIMIT @limit) AS waiting";
        int rows = await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            count, new { limit = MostRowsToCopy + 1 }, commandTimeout: SlowStatementSeconds, cancellationToken: cancellationToken));
        if (rows > MostRowsToCopy) return false;

        await connection.ExecuteAsync(Slow(Split(first, last), cancellationToken));
        return true;
    }

    private static string Split(DateTime first, DateTime last)
    {
        var sql = new StringBuilder($"ALTER TABLE token_quota_logs REORGANIZE PARTITION {CatchAll} INTO (");
        for (var day = first; day <= last; day = day.AddDays(1))
            sql.Append(CultureInfo.InvariantCulture, $"PARTITION p{day:yyyyMMdd} VALUES LESS THAN ('{day.AddDays(1):yyyy-MM-dd HH:mm:ss}'), ");
        return sql.Append($"PARTITION {CatchAll} VALUES LESS THAN (MAXVALUE))").ToString();
    }

    private static async Task<IReadOnlyList<LogPartition>> ListAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT PARTITION_NAME AS Name, PARTITION_DESCRIPTION AS Bound
            FROM information_schema.PARTITIONS
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs' AND PARTITION_NAME IS NOT NULL
            ORDER BY PARTITION_ORDINAL_POSITION
            """;
        var rows = await connection.QueryAsync<(string Name, string Bound)>(new CommandDefinition(sql, cancellationToken: cancellationToken));
        return [.. rows.Select(row => new LogPartition(row.Name, EndOf(row.Bound)))];
    }

    // The description is the SQL literal of the bound, or MAXVALUE.
    private static DateTime? EndOf(string bound) =>
        DateTime.TryParse(
            bound.Trim('\''), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var end)
            ? end
            : null;

    private static CommandDefinition Slow(string sql, CancellationToken cancellationToken) =>
        new(sql, commandTimeout: SlowStatementSeconds, cancellationToken: cancellationToken);

    private sealed record LogPartition(string Name, DateTime? End);
}
