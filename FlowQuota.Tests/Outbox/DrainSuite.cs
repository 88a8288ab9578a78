using System.Diagnostics;
using Dapper;
using FlowQuota.Admission;
using FlowQuota.Drains;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Quotas;
using FlowQuota.Tests.Servers;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Outbox;

/// <summary>
/// Protects the way from the outboxes to SQL: a drain may be duplicated, interrupted, overtaken or without SQL at any step, and
/// each event is written once and removed only then.
/// </summary>
public abstract class DrainSuite(Stores stores) : LedgerSuite(stores)
{
    private static readonly TimeSpan SyncInterval = TimeSpan.FromSeconds(5);

    private TestDomain _interposed = null!;

    private InterposedQuotaStore Quotas => (InterposedQuotaStore)_interposed.Get<IQuotaStore>();

    private InterposedLogStore Logs => (InterposedLogStore)_interposed.Get<IQuotaLogStore>();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _interposed = await Stores.StartAsync(services =>
        {
            InterposedQuotaStore.Replace(services);
            InterposedLogStore.Replace(services);
        });
    }

    public override async Task DisposeAsync()
    {
        await _interposed.DisposeAsync();
        await base.DisposeAsync();
    }

    // A call whose reply never came is given back, also while the outcomes of thousands of older calls come in.
    [SuiteFact]
    public async Task A_waiting_call_is_found_behind_the_outcomes_of_calls_that_began_before_it()
    {
        var holder = await Domain.IssueAsync(100);
        var outbox = Domain.Keyspace.Outbox(OutboxKind.Audit, Domain.Keyspace.PartitionOf(holder.Id));
        await Domain.AdmitAsync(holder, requestId: "older");
        string older = (await Redis.ListGetByIndexAsync(outbox, -1))!;
        long sent = await NowAsync();
        await Eventually.TrueAsync(async () => await NowAsync() > sent);
        await Domain.AdmitAsync(holder, requestId: "sought");
        RedisValue outcome = AuditEventFormat.WithOutcome(older, success: true, null, null);
        await Redis.ListRightPushAsync(outbox, [.. Enumerable.Repeat(outcome, 5000)]);

        var found = await Domain.Get<AuditOutboxReader>().FindCallsAsync(holder.Id, "sought", new AdmissionWindow(sent + 1, await NowAsync()));

        Assert.Equal([new LedgerPosition(1, 3)], found.Select(call => call.Position));
    }

    [SuiteFact]
    public async Task A_window_of_many_calls_rings_each_doorbell_once()
    {
        var holder = await Domain.IssueAsync(100);
        for (int i = 0; i < 20; i++)
            await Domain.AdmitAsync(holder);

        await AssertRungAsync((OutboxKind.Sync, DoorbellSender.BatchingWindow), (OutboxKind.Audit, DoorbellSender.BatchingWindow));

        await Domain.DrainAsync();
        await Domain.AdmitAsync(holder);
        await AssertRungAsync(
            (OutboxKind.Sync, DoorbellSender.BatchingWindow), (OutboxKind.Audit, DoorbellSender.BatchingWindow),
            (OutboxKind.Sync, DoorbellSender.BatchingWindow), (OutboxKind.Audit, DoorbellSender.BatchingWindow));
    }

    [SuiteFact]
    public async Task A_ring_that_nobody_answered_ends_by_itself()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);

        foreach (var kind in Enum.GetValues<OutboxKind>())
            Assert.InRange((await Redis.KeyTimeToLiveAsync(Domain.Keyspace.Ring(kind, 0)))!.Value, TimeSpan.FromMilliseconds(1), SyncInterval);
    }

    [SuiteFact]
    public async Task The_ring_is_silenced_before_reading_so_that_a_later_change_rings_again()
    {
        var holder = await Domain.IssueAsync();
        var other = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);
        bool wasSilent = false;
        Quotas.BeforeNextWrite = async () =>
        {
            wasSilent = !await Redis.KeyExistsAsync(Domain.Keyspace.Ring(OutboxKind.Sync, 0));
            await Domain.AdmitAsync(holder);
            await Domain.AdmitAsync(other);
        };

        Assert.Equal(DrainResult.Drained, await _interposed.Sync.DrainAsync(0, default));

        Assert.True(wasSilent);
        await Eventually.TrueAsync(() => Domain.Doorbell.Rung.Count(ring => ring.Kind == OutboxKind.Sync) == 2);
        Assert.Equal(8, (await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id)).Remaining);
        Assert.Equal(9, (await StoredLedger.ReadQuotaAsync(Stores.Sql, other.Id)).Remaining);
        Assert.False(await Redis.KeyExistsAsync(Domain.Keyspace.Ring(OutboxKind.Sync, 0)));
        Assert.False(await Redis.KeyExistsAsync(Domain.Keyspace.Lease(OutboxKind.Sync, 0)));
    }

    [SuiteFact]
    public async Task One_drain_at_a_time_is_at_work_on_an_outbox()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);
        (DrainResult Sync, DrainResult Audit) second = default;
        Quotas.BeforeNextWrite = async () => second.Sync = await Domain.Sync.DrainAsync(0, default);
        Logs.BeforeNextWrite = async () => second.Audit = await Domain.Audit.DrainAsync(0, default);

        Assert.Equal(DrainResult.Drained, await _interposed.Sync.DrainAsync(0, default));
        Assert.Equal(DrainResult.Drained, await _interposed.Audit.DrainAsync(0, default));

        Assert.Equal((DrainResult.Busy, DrainResult.Busy), second);
    }

    [SuiteFact]
    public async Task A_drain_that_lost_its_lease_removes_nothing_and_nothing_is_written_twice()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);
        Quotas.AfterNextWrite = () => Redis.StringSetAsync(Domain.Keyspace.Lease(OutboxKind.Sync, 0), "another");
        Logs.AfterNextWrite = () => Redis.StringSetAsync(Domain.Keyspace.Lease(OutboxKind.Audit, 0), "another");

        Assert.Equal(DrainResult.LeaseLost, await _interposed.Sync.DrainAsync(0, default));
        Assert.Equal(DrainResult.LeaseLost, await _interposed.Audit.DrainAsync(0, default));

        Assert.Equal("1:2:9:10", await WaitingAsync(holder));
        Assert.Equal(1, await EventsAsync());
        Assert.Equal("another", await Redis.StringGetAsync(Domain.Keyspace.Lease(OutboxKind.Sync, 0)));
        await Redis.KeyDeleteAsync([Domain.Keyspace.Lease(OutboxKind.Sync, 0), Domain.Keyspace.Lease(OutboxKind.Audit, 0)]);
        Assert.Equal(2, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task A_drain_that_another_overtook_removes_nothing_of_what_came_later()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);
        Logs.AfterNextWrite = async () =>
        {
            // Its lease ran out; another drained all, and more came.
            await Redis.KeyDeleteAsync(Domain.Keyspace.Lease(OutboxKind.Audit, 0));
            await Domain.Audit.DrainAsync(0, default);
            await Domain.AdmitAsync(holder);
        };

        Assert.Equal(DrainResult.LeaseLost, await _interposed.Audit.DrainAsync(0, default));

        Assert.Equal(1, await EventsAsync());
        Assert.Equal(3, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task A_drain_cut_off_before_or_after_its_write_is_made_good_by_the_next()
    {
        var holder = await Domain.IssueAsync();
        foreach (bool isWritten in new[] { false, true })
        {
            await Domain.AdmitAsync(holder);
            if (isWritten)
                (Quotas.AfterNextWrite, Logs.AfterNextWrite) = (Die, Die);
            else
                (Quotas.BeforeNextWrite, Logs.BeforeNextWrite) = (Die, Die);

            await Assert.ThrowsAsync<InvalidOperationException>(() => _interposed.Sync.DrainAsync(0, default));
            await Assert.ThrowsAsync<InvalidOperationException>(() => _interposed.Audit.DrainAsync(0, default));

            Assert.NotNull(await WaitingAsync(holder));
            Assert.Equal(1, await EventsAsync());
            await LedgerAsync(holder);
        }

        Assert.Equal(3, (await LedgerAsync(holder)).Count);
        Assert.Equal(8, (await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id)).Remaining);

        static Task Die() => throw new InvalidOperationException("The process died here.");
    }

    [SuiteFact]
    public async Task What_was_set_before_the_clock_was_set_back_blocks_no_drain_and_no_doorbell()
    {
        var holder = await Domain.IssueAsync(10);
        foreach (var kind in Enum.GetValues<OutboxKind>())
        {
            await Redis.StringSetAsync(Domain.Keyspace.Ring(kind, 0), "1", TimeSpan.FromHours(1));
            await Redis.StringSetAsync(Domain.Keyspace.Lease(kind, 0), "a drain whose process died", TimeSpan.FromHours(1));
        }

        await Domain.AdmitAsync(holder);

        await Eventually.TrueAsync(() => Domain.Doorbell.Rung.Select(ring => ring.Kind).Distinct().Count() == 2);
        await Domain.DrainAsync();
        Assert.Equal(0, await EventsAsync());
    }

    [SuiteFact]
    public async Task A_drain_whose_process_died_frees_its_outbox_when_the_lease_runs_out()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);
        TimeSpan? life = null;
        Quotas.BeforeNextWrite = async () => life = await Redis.KeyTimeToLiveAsync(Domain.Keyspace.Lease(OutboxKind.Sync, 0));

        await _interposed.Sync.DrainAsync(0, default);

        Assert.InRange(life!.Value.TotalSeconds, 1, 30);
    }

    [SuiteFact]
    public async Task A_doorbell_that_meets_the_lease_of_a_dead_drain_rings_again_when_the_lease_has_run_out()
    {
        foreach (var drain in new OutboxDrain[] { Domain.Sync, Domain.Audit })
        {
            var rest = TimeSpan.FromSeconds(20);
            await Redis.StringSetAsync(Domain.Keyspace.Lease(drain.Kind, 0), "a drain whose process died", rest);

            // Several doorbells meet it; one is enough.
            for (int i = 0; i < 3; i++)
                Assert.Equal(DrainResult.Busy, await drain.DrainAsync(0, default));

            await Eventually.TrueAsync(() => Domain.Doorbell.Rung.Any(ring => ring.Kind == drain.Kind));
            Assert.InRange(Assert.Single(Domain.Doorbell.Rung, ring => ring.Kind == drain.Kind).Delay,
                DoorbellSender.BatchingWindow, rest + DoorbellSender.BatchingWindow);
            await Redis.KeyDeleteAsync(Domain.Keyspace.Lease(drain.Kind, 0));
        }
    }

    [SuiteFact]
    public async Task A_host_that_stops_ends_the_drain_and_rings_for_another()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);
        using var stopping = new CancellationTokenSource();
        Quotas.BeforeNextWrite = stopping.CancelAsync;

        Assert.Equal(DrainResult.OutOfTime, await _interposed.Sync.DrainAsync(0, stopping.Token));

        Assert.NotNull(await WaitingAsync(holder));
        Assert.False(await Redis.KeyExistsAsync(Domain.Keyspace.Lease(OutboxKind.Sync, 0)));
        await Eventually.TrueAsync(() => _interposed.Doorbell.Rung.Contains((OutboxKind.Sync, 0, TimeSpan.Zero)));
    }

    [SuiteFact]
    public async Task While_SQL_is_away_what_waits_stays_and_the_doorbell_is_rung_again_for_later()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);
        Quotas.BeforeNextWrite = () => throw new StoreUnavailableException("SQL");
        Logs.BeforeNextWrite = () => throw new StoreUnavailableException("SQL");

        Assert.Equal(DrainResult.Deferred, await _interposed.Sync.DrainAsync(0, default));
        Assert.Equal(DrainResult.Deferred, await _interposed.Audit.DrainAsync(0, default));

        await Eventually.TrueAsync(() => _interposed.Doorbell.Rung.Count == 2);
        Assert.Equal([(OutboxKind.Sync, 0, SyncInterval), (OutboxKind.Audit, 0, SyncInterval)], _interposed.Doorbell.Rung);
        foreach (var kind in Enum.GetValues<OutboxKind>())
        {
            Assert.False(await Redis.KeyExistsAsync(Domain.Keyspace.Lease(kind, 0)));
            Assert.True(await Redis.KeyExistsAsync(Domain.Keyspace.Ring(kind, 0)));
        }

        Assert.Equal(2, (await LedgerAsync(holder)).Count);
    }

    [SuiteFact]
    public async Task A_damaged_event_is_set_aside_and_the_others_are_written()
    {
        var holder = await Domain.IssueAsync();
        string damaged = $"{{\"token\":\"{holder.Id}\",\"seq\":";
        await Redis.ListRightPushAsync(Domain.Keyspace.Outbox(OutboxKind.Audit, 0), damaged);
        await Domain.AdmitAsync(holder);

        Assert.Equal(2, (await LedgerAsync(holder)).Count);

        await using var connection = await Stores.Sql.OpenAsync(default);
        Assert.Equal(1, await connection.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM quota_dead_letters WHERE payload = @damaged", new { damaged }));
    }

    [SuiteFact]
    public async Task A_damaged_value_does_not_hold_up_the_sync()
    {
        var holder = await Domain.IssueAsync();
        await Domain.AdmitAsync(holder);
        await Redis.HashSetAsync(Domain.Keyspace.Outbox(OutboxKind.Sync, 0), "flow_damaged", "nonsense");

        Assert.Equal(DrainResult.Drained, await Domain.Sync.DrainAsync(0, default));

        Assert.Equal(9, (await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id)).Remaining);
        Assert.Contains(Domain.Log.Lines, line => line.Contains("Dropped a damaged value of flow_damaged", StringComparison.Ordinal));
    }

    [SuiteFact]
    public async Task A_backlog_larger_than_a_batch_is_drained_to_the_end()
    {
        await using var instance = await Stores.StartAsync(null, ("QUOTA_SYNC_BATCH_SIZE", "3"));
        var holders = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => instance.IssueAsync(10)));
        for (int i = 0; i < 3; i++)
            await Task.WhenAll(holders.Select(holder => instance.AdmitAsync(holder)));

        Assert.Equal(DrainResult.Drained, await instance.Sync.DrainAsync(0, default));
        Assert.Equal(DrainResult.Drained, await instance.Audit.DrainAsync(0, default));

        foreach (var holder in holders)
        {
            Assert.Equal(4, (await StoredLedger.ReadWholeAsync(Stores.Sql, holder.Id)).Count);
            Assert.Equal(7, (await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id)).Remaining);
        }
    }

    [SuiteFact]
    public async Task Drains_and_calls_of_many_instances_at_once_leave_one_row_a_change()
    {
        var instances = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Stores.StartAsync()));
        var holder = await Domain.IssueAsync(1000);

        await Task.WhenAll(instances.SelectMany(instance => new[] { CallAsync(instance), DrainAsync(instance) }));

        Assert.Equal(121, (await LedgerAsync(holder)).Count);
        Assert.Equal(880, (await StoredLedger.ReadQuotaAsync(Stores.Sql, holder.Id)).Remaining);
        foreach (var instance in instances)
            await instance.DisposeAsync();

        async Task CallAsync(TestDomain instance)
        {
            for (int i = 0; i < 40; i++)
                Assert.Equal(AdmissionStatus.Admitted, (await instance.AdmitAsync(holder)).Status);
        }

        async Task DrainAsync(TestDomain instance)
        {
            for (int i = 0; i < 15; i++)
            {
                await instance.Sync.DrainAsync(0, default);
                await instance.Audit.DrainAsync(0, default);
            }
        }
    }

    // A change waits at most for a whole gathering and the pass before it, so it is in SQL within 5 s.
    [SuiteFact]
    public void The_more_tokens_change_the_longer_the_sync_gathers()
    {
        int[] tokens = [0, 1, 100, 500, 10_000, int.MaxValue];

        Assert.Equal([100, 100, 400, 2000, 3000, 3000], tokens.Select(count => Domain.Sync.GatheringTime(count).TotalMilliseconds));
    }

    // Values are read by the thousand and written by the batch; each is written once and none is left.
    [SuiteFact]
    public async Task The_values_of_more_tokens_than_a_batch_are_all_written_once()
    {
        await using var instance = await Stores.StartAsync(InterposedQuotaStore.Replace, ("QUOTA_SYNC_BATCH_SIZE", "7"));
        List<TestHolder> holders = [];
        for (int i = 0; i < 40; i++)
            holders.Add(await instance.IssueAsync(100));
        await Task.WhenAll(holders.Select((holder, i) => instance.AdmitAsync(holder, cost: i + 1)));
        int writes = ((InterposedQuotaStore)instance.Get<IQuotaStore>()).Writes;

        Assert.Equal(DrainResult.Drained, await instance.Sync.DrainAsync(0, default));

        Assert.Equal(6, ((InterposedQuotaStore)instance.Get<IQuotaStore>()).Writes - writes);
        for (int i = 0; i < holders.Count; i++)
            Assert.Equal(99 - i, (await StoredLedger.ReadQuotaAsync(Stores.Sql, holders[i].Id)).Remaining);
    }

    [SuiteFact]
    public async Task Under_a_steady_load_a_drain_that_has_caught_up_gathers_before_it_writes_again()
    {
        var holder = await Domain.IssueAsync(100);
        await Domain.AdmitAsync(holder);
        int left = 6;
        Quotas.BeforeNextWrite = AdmitAnotherAsync;
        Logs.BeforeNextWrite = AdmitOneMoreAsync;

        long started = Stopwatch.GetTimestamp();
        Assert.Equal(DrainResult.Drained, await _interposed.Sync.DrainAsync(0, default));
        Assert.InRange(Stopwatch.GetElapsedTime(started), 3 * OutboxDrain.CoalescingDelay, TimeSpan.FromSeconds(30));
        started = Stopwatch.GetTimestamp();
        Assert.Equal(DrainResult.Drained, await _interposed.Audit.DrainAsync(0, default));
        Assert.InRange(Stopwatch.GetElapsedTime(started), 3 * OutboxDrain.CoalescingDelay, TimeSpan.FromSeconds(30));

        Assert.Equal(0, left);
        Assert.Equal(8, (await LedgerAsync(holder)).Count);

        // While one batch is written the next call comes, three times for each kind.
        async Task AdmitAnotherAsync()
        {
            if (--left > 3)
                Quotas.BeforeNextWrite = AdmitAnotherAsync;
            await Domain.AdmitAsync(holder);
        }

        async Task AdmitOneMoreAsync()
        {
            if (--left > 0)
                Logs.BeforeNextWrite = AdmitOneMoreAsync;
            await Domain.AdmitAsync(holder);
        }
    }

    [SuiteFact]
    public async Task Outcomes_are_appended_and_ring_and_become_one_row_with_their_call()
    {
        var holder = await Domain.IssueAsync();
        var succeeded = (await Domain.AdmitAsync(holder, requestId: "good")).Call!;
        var failed = (await Domain.AdmitAsync(holder, requestId: "bad")).Call!;
        await Domain.Outcomes.WriteAsync(succeeded, success: true);
        await Domain.Audit.DrainAsync(0, default);
        await Domain.Outcomes.WriteAsync(failed, success: false, "RuntimeError", new string('m', 600));
        await Eventually.TrueAsync(async () => await EventsAsync() > 0);

        var rows = (await LedgerAsync(holder)).ToDictionary(row => row.RequestId);

        Assert.True(rows["good"].Success);
        Assert.Equal((false, "RuntimeError", new string('m', 500)), (rows["bad"].Success, rows["bad"].ErrorType, rows["bad"].ErrorMessage));
        Assert.Equal(3, rows.Count);
    }

    [SuiteFact]
    public async Task Above_the_hard_limit_calls_are_refused_until_the_backlog_is_drained()
    {
        await using var instance = await Stores.StartAsync(null, ("QUOTA_QUEUE_CAP", "1"));
        var holder = await instance.IssueAsync(1000);
        for (int i = 0; i < 100; i++)
            Assert.Equal(AdmissionStatus.Admitted, (await instance.AdmitAsync(holder)).Status);

        Assert.Equal(new AdmissionResult(AdmissionStatus.Backlogged), await instance.AdmitAsync(holder));
        Assert.Equal(AdmissionStatus.Admitted, (await instance.AdmitAsync(holder, cost: 0)).Status);
        Assert.Equal(900, await CounterAsync(holder));
        Assert.Equal(new BacklogState(1, 100, 1, 100), await instance.Get<OutboxBacklog>().ReadAsync());
        await instance.Get<OutboxBacklog>().ReadAsync();
        // Said once a minute at most.
        Assert.Single(instance.Log.Lines, line => line.Contains("Backlog above its cap", StringComparison.Ordinal));

        await instance.DrainAsync();
        Assert.Equal(AdmissionStatus.Admitted, (await instance.AdmitAsync(holder)).Status);
    }

    private async Task AssertRungAsync(params (OutboxKind Kind, TimeSpan Delay)[] expected)
    {
        await Eventually.TrueAsync(() => Domain.Doorbell.Rung.Count >= expected.Length);
        Assert.Equal(expected.Order(), Domain.Doorbell.Rung.Select(ring => (ring.Kind, ring.Delay)).Order());
    }
}
