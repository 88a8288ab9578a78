using FlowQuota.Retention;
using FlowQuota.Sql;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace FlowQuota.Tests.Retention;

public abstract class RetentionSuite(SqlFixture sql) : IAsyncLifetime
{
    private static readonly DateTime Start = new(2026, 11, 22, 3, 0, 0, DateTimeKind.Utc);

    private readonly string _token = Samples.NewTokenId();

    /// <summary>The clock of the cleanups under test.</summary>
    protected JumpingClock Clock { get; } = new(Start);

    /// <summary>Rows before this are expired, at the start.</summary>
    protected DateTime Cutoff => Clock.GetUtcNow().UtcDateTime.AddDays(-30);

    public virtual Task InitializeAsync() => sql.InitializeAsync();

    public virtual Task DisposeAsync() => sql.DisposeAsync();

    [SuiteFact]
    public async Task What_is_older_than_the_retention_goes_and_the_rest_stays()
    {
        await AddRowsAsync(2345, Cutoff.AddMilliseconds(-1));
        await AddRowsAsync(10, Cutoff);
        await AddRowsAsync(10, Start);

        var result = await Cleanup(batchSize: 1000).RunAsync(default);

        Assert.Equal(new CleanupResult(2345, 30, IsCompleted: true, WasAlreadyRunning: false), result);
        Assert.Equal(20, await CountRowsAsync());
    }

    [SuiteFact]
    public async Task A_run_that_meets_its_deadline_is_continued_at_the_next_tick_as_one_run()
    {
        await AddRowsAsync(1000, Cutoff.AddDays(-1));

        // The pause between two batches moves the clock past the deadline.
        var cut = await Cleanup(batchSize: 100, deadline: TimeSpan.FromMilliseconds(1)).RunIfDueAsync(default);
        var stats = await Cleanup().GetStatsAsync(default);
        Assert.Equal(new CleanupResult(200, 30, IsCompleted: false, WasAlreadyRunning: false), cut);
        Assert.Equal((null, null, 200L), (stats.LastCleanupTime, stats.LastCleanupCount, stats.TotalCleanedCount));
        Assert.Equal((200L, 800), (stats.Unfinished?.DeletedCount, stats.ExpiredCount));

        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(new CleanupResult(800, 30, true, false), await Cleanup(batchSize: 100).RunIfDueAsync(default));

        stats = await Cleanup().GetStatsAsync(default);
        Assert.Equal((1000L, 1000L), (stats.LastCleanupCount, stats.TotalCleanedCount));
        Assert.Equal(0, await CountRowsAsync());
        Assert.Null(await Cleanup().RunIfDueAsync(default));
    }

    [SuiteFact]
    public async Task The_timer_runs_once_an_interval_and_a_tick_that_comes_early_counts()
    {
        Assert.True((await Cleanup().RunIfDueAsync(default))!.IsCompleted);

        Clock.Advance(TimeSpan.FromHours(23));
        Assert.Null(await Cleanup().RunIfDueAsync(default));

        Clock.Advance(TimeSpan.FromMinutes(59.9));
        Assert.NotNull(await Cleanup().RunIfDueAsync(default));
        Assert.Null(await Cleanup().RunIfDueAsync(default));
    }

    [SuiteFact]
    public async Task The_timer_goes_on_after_the_clock_was_set_back()
    {
        Clock.Advance(TimeSpan.FromDays(300));
        Assert.True((await Cleanup().RunIfDueAsync(default))!.IsCompleted);

        Clock.Advance(TimeSpan.FromDays(-300));
        Assert.True((await Cleanup().RunIfDueAsync(default))!.IsCompleted);
        Assert.Null(await Cleanup().RunIfDueAsync(default));
    }

    [SuiteFact]
    public async Task A_disabled_timer_removes_nothing_and_the_trigger_does()
    {
        await AddRowsAsync(10, Cutoff.AddDays(-1));

        Assert.Null(await Cleanup(enabled: false).RunIfDueAsync(default));
        Assert.Equal(10, await CountRowsAsync());
        Assert.Equal(10, (await Cleanup(enabled: false).RunAsync(default)).DeletedCount);
        Assert.Null((await Cleanup(enabled: false).GetStatsAsync(default)).NextCleanupTime);
    }

    [SuiteFact]
    public async Task Instances_take_turns_and_one_that_finds_another_at_work_says_so()
    {
        await AddRowsAsync(10, Cutoff.AddDays(-1));
        var store = new SqlRetentionStore(sql.Dialect, NullLogger<SqlRetentionStore>.Instance);
        await using (await store.TryBeginAsync(default))
        {
            var busy = new CleanupResult(0, 30, IsCompleted: false, WasAlreadyRunning: true);
            Assert.Equal(busy, await Cleanup().RunAsync(default));
            Assert.Equal(busy, await Cleanup().RunIfDueAsync(default));
            Assert.Equal(10, await CountRowsAsync());
        }

        var results = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => Cleanup().RunAsync(default))));

        Assert.Equal(10, results.Sum(result => result.DeletedCount));
        Assert.Equal(10, (await Cleanup().GetStatsAsync(default)).TotalCleanedCount);
    }

    [SuiteFact]
    public async Task Stats_are_the_same_for_every_instance_and_empty_before_the_first_run()
    {
        var settings = Settings(enabled: true, batchSize: 10_000);
        Assert.Equal(
            new CleanupStats(true, 30, settings.Interval, 10_000, null, null, 0, null, Unfinished: null, ExpiredCount: 0), await Cleanup().GetStatsAsync(default));

        await AddRowsAsync(7, Cutoff.AddDays(-1));
        await Cleanup().RunAsync(default);
        Clock.Advance(TimeSpan.FromHours(5));
        await AddRowsAsync(3, Cutoff.AddMinutes(-1));
        var second = Clock.GetUtcNow().UtcDateTime;
        await Cleanup().RunAsync(default);

        Assert.Equal(
            new CleanupStats(true, 30, settings.Interval, 10_000, second, 3, 10, second.AddDays(1), Unfinished: null, ExpiredCount: 0),
            await Cleanup().GetStatsAsync(default));
    }

    [SuiteFact]
    public async Task Every_instance_sees_how_far_a_run_is_and_any_may_stop_it_after_the_batch_at_hand()
    {
        await AddRowsAsync(1000, Cutoff.AddDays(-1));
        // The pause between two batches lasts until this clock moves.
        var clock = new FakeTimeProvider(Start);
        var running = Cleanup(batchSize: 100, clock: clock).RunAsync(default);
        await Eventually.TrueAsync(async () => (await Cleanup().GetStatsAsync(default)).ExpiredCount == 900);
        Assert.Equal(new CleanupRun(Start, 100), (await Cleanup().GetStatsAsync(default)).Unfinished);

        Assert.True(await Cleanup().StopAsync(default));
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(new CleanupResult(200, 30, IsCompleted: false, WasAlreadyRunning: false, WasStopped: true), await running);
        var stats = await Cleanup().GetStatsAsync(default);
        Assert.Equal((null, 800, 200L, 200L), (stats.Unfinished, stats.ExpiredCount, stats.LastCleanupCount, stats.TotalCleanedCount));
        // It is over: the timer leaves the rest to the next interval.
        Assert.Null(await Cleanup().RunIfDueAsync(default));
        Assert.False(await Cleanup().StopAsync(default));
        Assert.Equal(800, (await Cleanup().RunAsync(default)).DeletedCount);
    }

    [SuiteFact]
    public async Task While_a_run_is_unfinished_the_rows_to_go_are_counted_now_and_then_only()
    {
        await AddRowsAsync(1000, Cutoff.AddDays(-1));
        await Cleanup(batchSize: 100, deadline: TimeSpan.FromMilliseconds(1)).RunAsync(default);
        var watching = Cleanup();
        Assert.Equal(800, (await watching.GetStatsAsync(default)).ExpiredCount);

        await AddRowsAsync(50, Cutoff.AddDays(-2));
        await Cleanup(batchSize: 100, deadline: TimeSpan.FromMilliseconds(1)).RunAsync(default);

        Assert.Equal(600, (await watching.GetStatsAsync(default)).ExpiredCount);
        Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(650, (await watching.GetStatsAsync(default)).ExpiredCount);
    }

    [SuiteFact]
    public async Task More_expired_rows_than_are_counted_are_no_figure()
    {
        await AddRowsAsync(11, Cutoff.AddDays(-1));
        var store = new SqlRetentionStore(sql.Dialect, NullLogger<SqlRetentionStore>.Instance);

        Assert.Equal(11, await store.CountExpiredAsync(Cutoff, most: 11, default));
        Assert.Null(await store.CountExpiredAsync(Cutoff, most: 10, default));
    }

    /// <summary>A cleanup as one instance of the app has it.</summary>
    protected QuotaLogCleanup Cleanup(bool enabled = true, int batchSize = 10_000, TimeSpan? deadline = null, TimeProvider? clock = null) => new(
        new SqlRetentionStore(sql.Dialect, NullLogger<SqlRetentionStore>.Instance),
        Settings(enabled, batchSize),
        clock ?? Clock,
        NullLogger<QuotaLogCleanup>.Instance,
        deadline);

    /// <summary>Adds log rows of one moment.</summary>
    protected async Task AddRowsAsync(int count, DateTime createdAt)
    {
        var store = new SqlQuotaLogStore(sql.Dialect, Clock, NullLogger<SqlQuotaLogStore>.Instance);
        long first = await CountRowsAsync() + 1 + (createdAt.Ticks / TimeSpan.TicksPerMillisecond);
        await store.WriteAsync([.. Enumerable.Range(0, count).Select(i => Samples.NewEntry(_token, first + i, createdAt: createdAt))], default);
    }

    /// <summary>How many log rows there are.</summary>
    protected async Task<long> CountRowsAsync() => (await sql.QueryAsync<long>("SELECT COUNT(*) FROM token_quota_logs"))[0];

    private static RetentionSettings Settings(bool enabled, int batchSize) => new(enabled, 30, TimeSpan.FromDays(1), batchSize);
}
