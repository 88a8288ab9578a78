using System.Data.Common;
using System.Globalization;
using Dapper;
using FlowQuota.Execution;
using FlowQuota.Sql;
using FlowQuota.Usage;
using Xunit;

namespace FlowQuota.Tests.Apps;

/// <summary>Compares usage with the log rows, by the tests' own queries.</summary>
public static class StoredUsage
{
    /// <summary>Rolls up what came since, by SQL alone, and compares.</summary>
    public static async Task AssertRollsUpAsync(SqlDialect sql)
    {
        await RollUpAsync(sql);
        await AssertIsTheRowsAsync(sql);
    }

    /// <summary>
    /// Usage is the rows, by quarter of an hour, token, workspace, meter and action; and the usage over all tokens is the sum of
    /// theirs.
    /// </summary>
    public static async Task AssertIsTheRowsAsync(SqlDialect sql)
    {
        await using var connection = await sql.OpenAsync(default);
        var expected = Lines(await ReadAsync(connection, """
            SELECT created_at AS At, token AS Token, ws_id AS Workspace, COALESCE(meter, '') AS Meter, action AS Action, 1 AS Changes,
                   quota_change AS QuotaChange, CASE WHEN execution_success = 0 THEN 1 ELSE 0 END AS Failed
            FROM token_quota_logs
            """));
        Assert.Equal(expected, await ReadUsageAsync(connection));
        Assert.Equal(Lines(expected.Select(Line.Parse).Select(line => line with { Token = "", Workspace = "" })), await ReadTotalsAsync(connection));
    }

    /// <summary>The usage by token as lines, in order.</summary>
    public static async Task<IReadOnlyList<string>> ReadUsageAsync(DbConnection connection) => Lines(await ReadAsync(connection, """
        SELECT starts_at AS At, token AS Token, ws_id AS Workspace, meter AS Meter, action AS Action, changes AS Changes,
               quota_change AS QuotaChange, failed AS Failed
        FROM usage_hourly
        """));

    /// <summary>The usage over all tokens as lines, in order.</summary>
    public static async Task<IReadOnlyList<string>> ReadTotalsAsync(DbConnection connection) => Lines(await ReadAsync(connection, """
        SELECT starts_at AS At, '' AS Token, '' AS Workspace, meter AS Meter, action AS Action, changes AS Changes,
               quota_change AS QuotaChange, failed AS Failed
        FROM usage_totals
        """));

    /// <summary>Rolls up what came since, by SQL alone. An instance may be at it, too.</summary>
    private static async Task RollUpAsync(SqlDialect sql)
    {
        IUsageRollupSession? begun = null;
        await Eventually.TrueAsync(async () => (begun = await new SqlUsageRollupStore(sql).TryBeginAsync(default)) is not null);
        await using var session = begun!;
        await session.NoteChangesAsync(new ExecutionLimits().LongestRun, default);
        while (await session.FindOldestNotedAsync(default) is { } start)
            await session.RecountAsync(start, DateTime.UnixEpoch, DateTime.UtcNow, default);
    }

    private static async Task<IEnumerable<Line>> ReadAsync(DbConnection connection, string sql)
    {
        UtcDateTimeHandler.Register();
        var rows = await connection.QueryAsync<UsageRow>(sql);
        return rows.Select(row => new Line(
            row.At.Date.AddHours(row.At.Hour).AddMinutes(row.At.Minute / 15 * 15).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            row.Token, row.Workspace, row.Meter, row.Action, row.Changes, row.QuotaChange, row.Failed));
    }

    private static List<string> Lines(IEnumerable<Line> lines) =>
    [
        .. lines.GroupBy(line => line with { Changes = 0, QuotaChange = 0, Failed = 0 })
            .Select(group => (group.Key with
            {
                Changes = group.Sum(line => line.Changes),
                QuotaChange = group.Sum(line => line.QuotaChange),
                Failed = group.Sum(line => line.Failed),
            }).ToString())
            .Order(StringComparer.Ordinal),
    ];

    private sealed class UsageRow
    {
        public DateTime At { get; init; }

        public string Token { get; init; } = "";

        public string Workspace { get; init; } = "";

        public string Meter { get; init; } = "";

        public string Action { get; init; } = "";

        public long Changes { get; init; }

        public long QuotaChange { get; init; }

        public long Failed { get; init; }
    }

    private sealed record Line(string Quarter, string Token, string Workspace, string Meter, string Action, long Changes, long QuotaChange, long Failed)
    {
        public static Line Parse(string text) => text.Split('|') is [var quarter, var token, var workspace, var meter, var action, var changes, var change, var failed]
            ? new Line(quarter, token, workspace, meter, action, Number(changes), Number(change), Number(failed))
            : throw new FormatException(text);

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Quarter}|{Token}|{Workspace}|{Meter}|{Action}|{Changes}|{QuotaChange}|{Failed}");

        private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }
}
