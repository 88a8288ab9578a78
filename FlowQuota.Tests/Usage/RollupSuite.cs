using Dapper;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Retention;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Quotas;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using FlowQuota.Usage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;

namespace FlowQuota.Tests.Usage;

/// <summary>Invariant 14: usage = ledger, by token, hour and meter, whatever dies and however late a row comes.</summary>
public abstract class RollupSuite(Stores stores) : LedgerSuite(stores)
{
    private static readonly string[] Tables = ["token_quota_logs", "quota_cleanup_runs", "usage_hourly", "usage_totals", "usage_stale"];

    /// <summary>Each statement of a roll-up that writes: where a trigger fails it.</summary>
    private static readonly (string Table, string Operation)[] Writes =
    [
        ("usage_stale", "INSERT"), ("usage_state", "UPDATE"), ("usage_hourly", "DELETE"), ("usage_totals", "DELETE"), ("usage_hourly", "INSERT"),
        ("usage_totals", "INSERT"), ("usage_stale", "DELETE"),
    ];

    private readonly DateTime _hour = DateTime.UtcNow.Date.AddHours(DateTime.UtcNow.Hour - 5);

    private IQuotaLogStore Logs => Domain.Get<IQuotaLogStore>();

    private UsageRollup Rollup => Domain.Get<UsageRollup>();

    private IUsageStore Usage => Domain.Get<IUsageStore>();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await using var connection = await Stores.Sql.OpenAsync(default);
        foreach (string table in Tables)
            await connection.ExecuteAsync($"DELETE FROM {table}");
        await connection.ExecuteAsync("UPDATE usage_state SET complete_until = NULL");
    }

    [SuiteFact]
    public async Task Invariant_14_Usage_is_the_rows_of_calls_refunds_reservations_and_changes()
    {
        var metered = await Domain.IssueAsync(100);
        var unlimited = await Domain.IssueAsync(null);
        for (int i = 0; i < 3; i++)
        {
            var call = (await Domain.AdmitAsync(metered, cost: 2 + i, requestId: $"call-{i}")).Call!;
            await Domain.Outcomes.WriteAsync(call, success: i > 0);
            await Domain.AdmitAsync(unlimited, requestId: $"free-{i}");
        }

        await Domain.Ledger.RefundAsync((await Domain.AdmitAsync(metered, 5, "given back")).Call!);
        await Eventually.TrueAsync(async () => (await LedgerAsync(metered)).Count(row => row.Success is not null) == 3);

        Assert.NotNull(await Rollup.RunAsync(default));

        await StoredUsage.AssertIsTheRowsAsync(Stores.Sql);
        var figures = Assert.Single(await ReadAsync(metered.Id));
        Assert.Equal((4, 14, 1, 5), (figures.Calls, figures.Units, figures.Failed, figures.Refunded));
    }

    [SuiteFact]
    public async Task Invariant_14_A_roll_up_that_dies_at_any_statement_leaves_usage_whole_and_the_next_one_completes_it()
    {
        string token = Samples.NewTokenId();
        long seq = 0;
        foreach (var (table, operation) in Writes)
        {
            await AddAsync(token, ++seq, _hour, "a");
            await AddAsync(token, ++seq, _hour.AddHours(1), "b");
            await Rollup.RunAsync(default);
            await AddAsync(token, ++seq, _hour, "b");
            await AddAsync(token, ++seq, _hour.AddHours(1), "a");
            await using (await FailAsync(table, operation))
                await Assert.ThrowsAnyAsync<Exception>(() => Rollup.RunAsync(default));
            await using (var connection = await Stores.Sql.OpenAsync(default))
                Assert.Equal((await StoredUsage.ReadUsageAsync(connection)).Count, (await StoredUsage.ReadTotalsAsync(connection)).Count);

            await Rollup.RunAsync(default);

            await StoredUsage.AssertIsTheRowsAsync(Stores.Sql);
        }
    }

    [SuiteFact]
    public async Task Invariant_14_Rows_and_outcomes_that_come_late_are_counted()
    {
        string token = Samples.NewTokenId();
        var entry = Samples.NewEntry(token, 1, createdAt: DateTime.UtcNow);
        await Logs.WriteAsync([entry], default);
        await Rollup.RunAsync(default);
        await Rollup.RunAsync(default);

        await Logs.WriteAsync([entry with { ExecutionSuccess = false }], default);
        await AddAsync(token, 2, _hour.AddDays(-40));
        await Rollup.RunAsync(default);

        await StoredUsage.AssertIsTheRowsAsync(Stores.Sql);
        Assert.Equal((2, 1), (await ReadAsync(token)).Select(row => (row.Calls, row.Failed)).Single());
    }

    // The first roll-up of a log that was there before finds millions of rows.
    [SuiteFact]
    public async Task Invariant_14_A_long_log_is_looked_at_in_pieces()
    {
        string token = Samples.NewTokenId();
        for (int i = 1; i <= 20; i++)
            await AddAsync(token, i, _hour.AddMinutes(15 * i));
        await using (var connection = await Stores.Sql.OpenAsync(default))
        {
            long first = await connection.ExecuteScalarAsync<long>("SELECT MIN(id) FROM token_quota_logs");
            await connection.ExecuteAsync("UPDATE usage_state SET scanned_id = @Id, seen_id = 0", new { Id = first - 1 });
        }

        // The first dies after its first piece.
        var store = new SqlUsageRollupStore(Stores.Sql) { RowsAtOnce = 3 };
        await using (await FailAsync("usage_state", "UPDATE"))
        {
            await using var session = (await store.TryBeginAsync(default))!;
            await Assert.ThrowsAnyAsync<Exception>(() => session.NoteChangesAsync(TimeSpan.Zero, default));
        }

        await using (var session = (await store.TryBeginAsync(default))!)
            await session.NoteChangesAsync(TimeSpan.Zero, default);
        await Rollup.RunAsync(default);

        await StoredUsage.AssertIsTheRowsAsync(Stores.Sql);
        Assert.Equal(20, Assert.Single(await ReadAsync(token)).Calls);
    }

    [SuiteFact]
    public async Task Usage_outlives_the_rows_that_retention_removes()
    {
        string token = Samples.NewTokenId();
        var old = _hour.AddDays(-100);
        for (int i = 1; i <= 3; i++)
            await AddAsync(token, i, old);
        await Rollup.RunAsync(default);

        var cleanup = new QuotaLogCleanup(
            Domain.Get<IRetentionStore>(), new RetentionSettings(true, 30, TimeSpan.FromDays(1), 1000), TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<QuotaLogCleanup>.Instance);
        Assert.Equal(3, (await cleanup.RunAsync(default)).DeletedCount);
        await AddAsync(token, 4, old);
        await Rollup.RunAsync(default);
        await Rollup.RunAsync(default);

        Assert.Equal(3, (await ReadAsync(token)).Single().Calls);
    }

    [SuiteFact]
    public async Task Usage_past_its_own_retention_is_removed()
    {
        string token = Samples.NewTokenId();
        await AddAsync(token, 1, _hour);
        // The newest rows are looked at twice.
        await Rollup.RunAsync(default);
        await Rollup.RunAsync(default);
        await using (var connection = await Stores.Sql.OpenAsync(default))
        {
            foreach (string table in new[] { "usage_hourly", "usage_totals" })
                await connection.ExecuteAsync($"UPDATE {table} SET starts_at = @old", new { old = _hour.AddDays(-801) });
        }

        await Rollup.RunAsync(default);

        Assert.Empty(await ReadAsync(token));
    }

    [SuiteFact]
    public async Task What_waits_for_SQL_holds_back_the_time_up_to_which_usage_is_complete()
    {
        var holder = await Domain.IssueAsync();
        await Rollup.RunAsync(default);
        Assert.InRange((await Usage.ReadCompleteUntilAsync(default))!.Value, DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow);

        // The event of a call that was made an hour ago.
        await Domain.AdmitAsync(holder);
        var outbox = Domain.Keyspace.Outbox(OutboxKind.Audit, 0);
        string waiting = (await Redis.ListGetByIndexAsync(outbox, 0))!;
        var made = _hour.AddHours(3).AddMilliseconds(7);
        await Redis.ListLeftPushAsync(outbox, System.Text.RegularExpressions.Regex.Replace(
            waiting, "\"at\":\\d+", $"\"at\":{UnixTime.Of(made)}").Replace("\"seq\":2", "\"seq\":9", StringComparison.Ordinal));
        await Rollup.RunAsync(default);
        Assert.Equal(made, await Usage.ReadCompleteUntilAsync(default));

        await Redis.ListLeftPopAsync(outbox);
        await Rollup.RunAsync(default);
        Assert.NotEqual(made, await Usage.ReadCompleteUntilAsync(default));
        await Redis.ListLeftPushAsync(outbox, "damaged");
        var before = await Usage.ReadCompleteUntilAsync(default);
        await Rollup.RunAsync(default);
        Assert.Equal(before, await Usage.ReadCompleteUntilAsync(default));
    }

    /// <summary>Calls, drains, roll-ups and readers at once; nothing but what is complete is handed out.</summary>
    [SuiteFact]
    public async Task An_export_read_in_chunks_while_a_load_runs_has_each_row_once()
    {
        await using var loaded = await Stores.StartAsync(services => services.Replace(ServiceDescriptor.Singleton(
            new UsageSettings(800, TimeSpan.FromSeconds(10)) { Grace = TimeSpan.Zero })));
        var holders = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => loaded.IssueAsync(10_000)));
        var load = Task.WhenAll(holders.Select(async holder =>
        {
            for (int i = 0; i < 150; i++)
                await loaded.AdmitAsync(holder, requestId: $"call-{i}");
        }));
        var exported = await Task.WhenAll(ExportAsync(loaded, load, null), ExportAsync(loaded, load, holders[0].Id), RollUpAsync(loaded, load));

        await using var connection = await Stores.Sql.OpenAsync(default);
        Assert.Equal(await connection.QueryAsync<long>("SELECT id FROM token_quota_logs ORDER BY created_at, id"), exported[0]);
        Assert.Equal(
            await connection.QueryAsync<long>("SELECT id FROM token_quota_logs WHERE token = @Id ORDER BY seq", new { holders[0].Id }), exported[1]);
        Assert.Equal((4 * 151, 151), (exported[0].Count, exported[1].Count));
    }

    [SuiteFact]
    public async Task One_instance_at_a_time_rolls_up()
    {
        await AddAsync(Samples.NewTokenId(), 1, _hour);
        await using (await Domain.Get<IUsageRollupStore>().TryBeginAsync(default))
            Assert.Null(await Rollup.RunAsync(default));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Rollup.RunAsync(default))));

        await StoredUsage.AssertIsTheRowsAsync(Stores.Sql);
    }

    [SuiteFact]
    public async Task A_roll_up_comes_each_minute_and_less_often_the_longer_it_takes()
    {
        Assert.Equal(10, await RunsInTenMinutesAsync(TimeSpan.FromSeconds(1)));
        Assert.Equal(5, await RunsInTenMinutesAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(2, await RunsInTenMinutesAsync(TimeSpan.FromSeconds(50)));
    }

    private async Task<int> RunsInTenMinutesAsync(TimeSpan takes)
    {
        var time = new FakeTimeProvider();
        var store = new SlowRollupStore(time) { Takes = takes };
        var rollup = new UsageRollup(store, Domain.Get<LedgerProgress>(), Domain.Get<UsageSettings>(), time, NullLogger<UsageRollup>.Instance);
        var start = time.GetUtcNow();
        for (int minute = 0; minute < 10; minute++)
        {
            time.Advance(start.AddMinutes(minute) - time.GetUtcNow());
            await rollup.RunIfDueAsync(default);
        }

        return store.Asked;
    }

    [SuiteFact]
    public async Task Usage_is_told_apart_and_filtered_as_asked()
    {
        var (one, two) = (Samples.NewTokenId(), Samples.NewTokenId());
        await AddAsync(one, 1, _hour, "a");
        await AddAsync(one, 2, _hour, "b", "x");
        await AddAsync(two, 1, _hour.AddMinutes(15), "b", "x");
        await AddAsync(two, 2, _hour.AddHours(1));
        await Rollup.RunAsync(default);
        UsageSpan[] hours = [new(_hour, _hour.AddHours(1)), new(_hour.AddHours(1), _hour.AddHours(2))];

        Assert.Equal([(0, 3L), (1, 1L)], (await AskAsync(UsageGrouping.None)).Select(row => (row.Span, row.Calls)));
        Assert.Equal([("", 1L), ("a", 1L), ("b", 2L)], (await AskAsync(UsageGrouping.Meter)).Select(row => (row.Meter, row.Calls)).Order());
        Assert.Equal(
            new[] { (one, "workspace", 1L), (one, "x", 1L), (two, "workspace", 1L), (two, "x", 1L) }.Order(),
            (await AskAsync(UsageGrouping.Token | UsageGrouping.Workspace)).Select(row => (row.TokenId!, row.WorkspaceId!, row.Calls)).Order());
        Assert.Equal([(0, 2L)], (await AskAsync(UsageGrouping.None, workspace: "x")).Select(row => (row.Span, row.Units)));
        Assert.Equal([(0, 1L)], (await AskAsync(UsageGrouping.None, token: two, meter: "b")).Select(row => (row.Span, row.Units)));
        Assert.Equal([QuotaAction.Consume], (await AskAsync(UsageGrouping.Action, token: one)).Select(row => row.Action!.Value));
        Assert.Empty(await AskAsync(UsageGrouping.None, meter: "Ü"));

        Task<IReadOnlyList<UsageFigures>> AskAsync(UsageGrouping grouping, string? token = null, string? workspace = null, string? meter = null) =>
            Usage.ReadAsync(new UsageQuery(hours, grouping, token, workspace, meter, 100), default);
    }

    /// <summary>Reads chunk after chunk until the load is over and everything was rolled up; returns the rows' ids as they came.</summary>
    private static async Task<List<long>> ExportAsync(TestDomain domain, Task load, string? token)
    {
        var after = LedgerCursor.Start(token);
        List<long> ids = [];
        while (true)
        {
            bool isLast = load.IsCompleted && await domain.Redis.ListLengthAsync(domain.Keyspace.Outbox(OutboxKind.Audit, 0)) == 0;
            if (isLast)
                await Eventually.TrueAsync(async () => await domain.Get<UsageRollup>().RunAsync(default) is not null);
            var page = await domain.Get<ILedgerExportStore>().ReadAsync(token, after, 7, default);
            ids.AddRange(page.Entries.Select(entry => entry.Id));
            Assert.True(LedgerCursor.TryParse(page.Last.ToText(), token, out var next));
            after = next.Value;
            if (isLast && !page.HasMore)
                return ids;
        }
    }

    private static async Task<List<long>> RollUpAsync(TestDomain domain, Task load)
    {
        do
        {
            await domain.DrainAsync();
            await domain.Get<UsageRollup>().RunAsync(default);
        }
        while (!load.IsCompleted);
        await domain.DrainAsync();
        return [];
    }

    private async Task AddAsync(string token, long seq, DateTime at, string? meter = null, string workspace = "workspace") =>
        Assert.Equal(0, await Logs.WriteAsync([Samples.NewEntry(token, seq, createdAt: at) with { Meter = meter, WorkspaceId = workspace }], default));

    private Task<IReadOnlyList<UsageFigures>> ReadAsync(string token) =>
        Usage.ReadAsync(new UsageQuery([new UsageSpan(_hour.AddDays(-900), _hour.AddDays(1))], UsageGrouping.None, token, null, null, 10), default);

    /// <summary>Lets the next statement of a kind fail, until disposed.</summary>
    private async Task<IAsyncDisposable> FailAsync(string table, string operation)
    {
        await using var connection = await Stores.Sql.OpenAsync(default);
        await connection.ExecuteAsync(Stores.Sql is SqliteDialect
            ? $"CREATE TRIGGER dies BEFORE {operation} ON {table} BEGIN SELECT RAISE(ABORT, 'died'); END"
            : $"CREATE TRIGGER dies BEFORE {operation} ON {table} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'died'");
        return new Failure(Stores.Sql);
    }

    private sealed class Failure(SqlDialect sql) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using var connection = await sql.OpenAsync(default);
            await connection.ExecuteAsync("DROP TRIGGER dies");
        }
    }
}
