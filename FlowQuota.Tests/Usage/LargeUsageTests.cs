using System.Diagnostics;
using System.Globalization;
using FlowQuota.Sql;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using FlowQuota.Usage;
using Xunit;
using Xunit.Abstractions;

namespace FlowQuota.Tests.Usage;

/// <summary>Usage of many rows: it is right, it is found by an index, and the time of each read is written down (docs/performance.md).</summary>
[Trait("Category", "Long")]
public sealed class LargeUsageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Rows = 2_000_000;
    private const int RowsAtOnce = 100_000;
    private const int Tokens = 1000;
    private const int Days = 30;

    private readonly MySqlFixture _sql = new();
    private readonly DateTime _end = DateTime.UtcNow.Date;

    public Task InitializeAsync() => _sql.InitializeAsync();

    public Task DisposeAsync() => _sql.DisposeAsync();

    [ServerFact(MySql = true)]
    public async Task Two_million_rows_of_a_thousand_tokens_by_day()
    {
        for (int from = 0; from < Rows; from += RowsAtOnce)
            await AddAsync(from);
        var started = Stopwatch.StartNew();
        await using (var session = (await new SqlUsageRollupStore(_sql.Dialect).TryBeginAsync(default))!)
        {
            await session.NoteChangesAsync(TimeSpan.Zero, default);
            while (await session.FindOldestNotedAsync(default) is { } start)
                await session.RecountAsync(start, DateTime.UnixEpoch, DateTime.UtcNow, default);
        }

        output.WriteLine($"rolled up in {started.Elapsed}, {(await _sql.QueryAsync<long>("SELECT COUNT(*) FROM usage_hourly"))[0]} rows of usage");
        var days = Enumerable.Range(0, Days).Select(day => new UsageSpan(_end.AddDays(day - Days), _end.AddDays(day - Days + 1))).ToList();

        Assert.Equal(Rows, (await ReadAsync("all by day", days, UsageGrouping.None)).Sum(row => row.Calls));
        Assert.Equal(Rows, (await ReadAsync("all by day and label", days, UsageGrouping.Meter)).Sum(row => row.Calls));
        Assert.Equal(Rows / Tokens, (await ReadAsync("one token by day", days, UsageGrouping.None, token: "flow_large00007")).Sum(row => row.Calls));
        Assert.Equal(Rows / 10, (await ReadAsync("one of ten workspaces by day", days, UsageGrouping.None, workspace: "ws3")).Sum(row => row.Calls));
        Assert.Equal(Rows, (await ReadAsync("total by token", [new(days[0].From, _end)], UsageGrouping.Token)).Sum(row => row.Calls));
        long newest = (await _sql.QueryAsync<long>("SELECT MAX(id) FROM token_quota_logs"))[0];
        await AssertFewRowsAsync(SqlStatement.FindChangedQuarters, new { After = newest, Last = newest, Open = _end });
        await AssertFewRowsAsync(SqlStatement.ReadExport, new { From = _end.AddMinutes(-5), End = _end, Until = _end, Id = 0, Limit = 1000 });
        await AssertFewRowsAsync(SqlStatement.CountUsage, new { From = _end.AddMinutes(-15), Until = _end });
        foreach (string condition in new[] { "token = 'flow_large00007'", "ws_id = 'ws3'", "starts_at >= @from AND starts_at < @until" })
        {
            var plan = (await _sql.QueryAsync<dynamic>(
                $"EXPLAIN SELECT SUM(changes) FROM usage_hourly WHERE {condition} AND starts_at >= @from", new { from = _end.AddDays(-1), until = _end })).Single();
            output.WriteLine($"{condition}: key {plan.key}, {plan.rows} rows");
            Assert.NotNull((string?)plan.key);
        }
    }

    private async Task AssertFewRowsAsync(SqlStatement statement, object values)
    {
        foreach (var row in await _sql.QueryAsync<dynamic>($"EXPLAIN {_sql.Dialect.Text(statement)}", values))
        {
            output.WriteLine($"{statement}: {row.type} {row.key} {row.rows} {row.Extra}");
            Assert.True(Convert.ToInt64((object?)row.rows ?? 0, CultureInfo.InvariantCulture) < Rows / 100, $"{statement} reads {row.rows} rows.");
        }
    }

    private Task AddAsync(int from) => _sql.ExecuteAsync($"""
        INSERT INTO token_quota_logs (token, epoch, seq, ws_id, email, quota_before, quota_after, quota_change, action, request_id, created_at, meter)
        SELECT CONCAT('flow_large', LPAD(n % {Tokens}, 5, '0')), 1, n DIV {Tokens} + 1, CONCAT('ws', n % 10), 'a@example.com', 1000, 999, -1, 'consume',
               CONCAT('call-', n), TIMESTAMPADD(MICROSECOND, n * {Days * 86_400_000_000L / Rows}, @first), IF(n % 3 = 0, 'image', NULL)
        FROM (
          SELECT {from} + a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d AS n
          FROM {Digits("a")}, {Digits("b")}, {Digits("c")}, {Digits("d")}, {Digits("e")}
        ) AS numbers
        """, new { first = _end.AddDays(-Days) });

    private static string Digits(string name) =>
        $"({string.Join(" UNION ALL ", Enumerable.Range(0, 10).Select(d => $"SELECT {d} AS d"))}) AS {name}";

    /// <summary>Reads twice and writes down the second time, as of a server that is warm.</summary>
    private async Task<IReadOnlyList<UsageFigures>> ReadAsync(
        string what, IReadOnlyList<UsageSpan> spans, UsageGrouping grouping, string? token = null, string? workspace = null)
    {
        var query = new UsageQuery(spans, grouping, token, workspace, null, 100_000);
        var store = new SqlUsageStore(_sql.Dialect);
        await store.ReadAsync(query, default);
        var started = Stopwatch.StartNew();
        var rows = await store.ReadAsync(query, default);
        output.WriteLine($"{what}: {started.ElapsedMilliseconds} ms, {rows.Count} rows");
        return rows;
    }
}
