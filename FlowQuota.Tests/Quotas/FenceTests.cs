using System.Diagnostics;
using FlowQuota.Admission;
using FlowQuota.Drains;
using FlowQuota.Errors;
using FlowQuota.Redis;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Protects quotas while Redis itself stops, loses data or stalls: nothing is granted twice, and a refused call costs nothing.</summary>
public sealed class FenceTests(SqliteFixture sql) : IClassFixture<SqliteFixture>
{
    [ServerFact(Redis = true)]
    public async Task After_a_restart_of_Redis_tokens_are_loaded_under_a_new_epoch_and_nothing_is_granted_twice()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect);
        var holder = await domain.IssueAsync(10);
        var timed = await domain.IssueAsync(quota: null);
        await domain.AdmitAsync(holder, cost: 2);
        await domain.AdmitAsync(timed);
        await domain.DrainAsync();
        await domain.AdmitAsync(holder, cost: 3);

        await redis.KillAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder));
        await redis.StartAgainAsync();

        Assert.Equal(4, (await AdmitWhenBackAsync(domain, holder)).Allowance!.Remaining);
        Assert.Equal(AdmissionStatus.Admitted, (await AdmitWhenBackAsync(domain, timed)).Status);
        Assert.Equal(AdmissionStatus.Exhausted, (await domain.AdmitAsync(holder, cost: 5)).Status);
        Assert.Equal(AdmissionStatus.Admitted, (await domain.AdmitAsync(holder, cost: 4)).Status);
        await domain.DrainAsync();
        Assert.Equal([(1, 1L), (1, 2L), (1, 3L), (2, 1L), (2, 2L)],
            (await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id)).Select(row => (row.Epoch, row.Seq)));
        Assert.Equal([(1, 1L), (1, 2L), (2, 1L)],
            (await StoredLedger.ReadWholeAsync(sql.Dialect, timed.Id)).Select(row => (row.Epoch, row.Seq)));
    }

    [ServerFact(Redis = true)]
    public async Task A_Redis_that_came_back_empty_is_filled_from_SQL()
    {
        await using var redis = await OwnRedis.StartForgetfulAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect);
        var holder = await domain.IssueAsync(10);
        await domain.AdmitAsync(holder, cost: 6);
        await domain.DrainAsync();

        await redis.KillAsync();
        // The app had turned the append-only file on.
        foreach (string folder in Directory.EnumerateDirectories(redis.Folder))
            Directory.Delete(folder, recursive: true);
        await redis.StartAgainAsync();

        Assert.Equal(0, (await AdmitWhenBackAsync(domain, holder, cost: 4)).Allowance!.Remaining);
        Assert.Equal(AdmissionStatus.Exhausted, (await domain.AdmitAsync(holder)).Status);
        await domain.DrainAsync();
        Assert.Equal(3, (await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id)).Count);
    }

    [ServerFact(Redis = true)]
    public async Task A_call_that_Redis_answers_too_late_is_refused_in_time_and_given_back()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using var domain = await TestDomain.StartAsync($"127.0.0.1:{proxy.Port}", sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "800"));
        var holder = await domain.IssueAsync(10);
        await domain.AdmitAsync(holder);

        proxy.ReplyDelay = TimeSpan.FromSeconds(3);
        long started = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder, cost: 4, requestId: "late"));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.5, 2);
        proxy.ReplyDelay = TimeSpan.Zero;

        await AssertGivenBackAsync(domain, holder, "late");
    }

    [ServerFact(Redis = true)]
    public async Task A_call_whose_answer_never_comes_is_given_back()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using var domain = await TestDomain.StartAsync($"127.0.0.1:{proxy.Port}", sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "800"));
        var holder = await domain.IssueAsync(10);
        await domain.AdmitAsync(holder);

        // The caller is refused at its deadline, and the connection breaks later.
        proxy.LosesReplies = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder, cost: 4, requestId: "late"));
        Recover(proxy);

        await AssertGivenBackAsync(domain, holder, "late");
    }

    [ServerFact(Redis = true)]
    public async Task Calls_whose_connection_breaks_before_their_answers_come_are_given_back_wherever_their_events_are()
    {
        await AssertFoundAndGivenBackAsync(isDrained: false);
        await AssertFoundAndGivenBackAsync(isDrained: true);
    }

    private async Task AssertFoundAndGivenBackAsync(bool isDrained)
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using var other = await TestDomain.StartAsync(redis.Connection, sql.Dialect);
        await using var domain = await TestDomain.StartAsync($"127.0.0.1:{proxy.Port}", sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "2000"));
        var holder = await domain.IssueAsync(100);
        // So that the call need not read the server's clock, whose reply would be lost, too.
        await domain.Get<ScriptRunner>().ReadClockAsync(0);
        await domain.AdmitAsync(holder);
        proxy.LosesReplies = true;
        var calls = Enumerable.Range(0, 20).Select(i => Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder, cost: 2, requestId: $"lost-{i}"))).ToList();
        // How many of them share the one run that is not answered depends on when they come.
        await Eventually.TrueAsync(async () => (int)await other.Redis.StringGetAsync(other.Keyspace.Quota(holder.Id)) < 99);
        if (isDrained)
            await other.DrainAsync();
        await Task.WhenAll(calls);
        Recover(proxy);

        await Eventually.TrueAsync(async () => await other.Redis.StringGetAsync(other.Keyspace.Quota(holder.Id)) == 99);
        await other.DrainAsync();
        var lost = (await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id)).Where(row => row.RequestId.StartsWith("lost-", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(lost);
        Assert.All(lost.GroupBy(row => row.RequestId), ofCall => Assert.Equal([("consume", -2), ("refund", 2)], ofCall.Select(row => (row.Action, row.Change))));
    }

    [ServerFact(Redis = true)]
    public async Task If_a_caller_uses_one_id_for_several_calls_no_answered_call_is_given_back()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using var other = await TestDomain.StartAsync(redis.Connection, sql.Dialect);
        await using var domain = await TestDomain.StartAsync($"127.0.0.1:{proxy.Port}", sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "2000"));
        var holder = await domain.IssueAsync(100);
        await domain.Get<ScriptRunner>().ReadClockAsync(0);
        await domain.AdmitAsync(holder);
        proxy.LosesReplies = true;
        var lost = Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder, requestId: "same"));
        await Eventually.TrueAsync(async () => await other.Redis.StringGetAsync(other.Keyspace.Quota(holder.Id)) == 98);
        await other.AdmitAsync(holder, requestId: "same");
        Recover(proxy);
        await lost;

        await Eventually.TrueAsync(() => Task.FromResult(domain.Log.Lines.Any(line => line.Contains("none is refunded", StringComparison.Ordinal))));
        Assert.Equal(97, await other.Redis.StringGetAsync(other.Keyspace.Quota(holder.Id)));
    }

    [ServerFact(Redis = true)]
    public async Task A_call_that_Redis_carries_out_after_its_deadline_takes_nothing()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "800"));
        var holder = await domain.IssueAsync(10);
        await domain.AdmitAsync(holder);

        await redis.PauseAsync(TimeSpan.FromSeconds(3));
        long started = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder, cost: 4, requestId: "late"));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.5, 2);

        Assert.Equal(8, (await AdmitWhenBackAsync(domain, holder)).Allowance!.Remaining);
        await domain.DrainAsync();
        Assert.DoesNotContain(await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id), row => row.RequestId == "late");
    }

    [ServerFact(Redis = true)]
    public async Task Tokens_take_turns_in_line_however_many_calls_one_of_them_has()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "10000"));
        var (greedy, other) = (await domain.IssueAsync(1000), await domain.IssueAsync(1000));
        await domain.AdmitAsync(greedy);
        await domain.AdmitAsync(other);
        await domain.DrainAsync();

        await redis.PauseAsync(TimeSpan.FromSeconds(1));
        var calls = Enumerable.Range(0, 500).Select(i => domain.AdmitAsync(greedy, requestId: $"greedy-{i}")).ToList();
        calls.Add(domain.AdmitAsync(other, requestId: "other"));
        await Task.WhenAll(calls);

        // One call was under way; the next run takes the other token's in its second place.
        var events = await domain.Redis.ListRangeAsync(domain.Keyspace.Outbox(OutboxKind.Audit, 0));
        Assert.Contains("\"request_id\":\"other\"", events[2].ToString(), StringComparison.Ordinal);
    }

    [ServerFact(Redis = true)]
    public async Task Calls_that_wait_in_line_while_Redis_is_slow_are_refused_in_time_and_take_nothing()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "800"));
        var holder = await domain.IssueAsync(1000);
        await domain.AdmitAsync(holder);

        await redis.PauseAsync(TimeSpan.FromSeconds(3));
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder, requestId: $"late-{i}"))));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.5, 2);

        // The first was being sent, and the script refuses it; the others never reach Redis.
        Assert.Equal(998, (await AdmitWhenBackAsync(domain, holder)).Allowance!.Remaining);
        await domain.DrainAsync();
        Assert.DoesNotContain(await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id), row => row.RequestId.StartsWith("late-", StringComparison.Ordinal));
    }

    /// <summary>No refused call stays charged, and none that was answered is given back, however long Redis stalls.</summary>
    [ServerFact(Redis = true)]
    public async Task After_Redis_was_frozen_every_unit_is_accounted_for() =>
        await Task.WhenAll(new[] { 0.3, 0.9, 3, 11, 14 }.Select(AssertAccountedForAsync));

    private async Task AssertAccountedForAsync(double frozenSeconds)
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "800"));
        var holder = await domain.IssueAsync(100_000);
        await domain.AdmitAsync(holder);
        using var end = new CancellationTokenSource();
        int number = 0;
        var callers = Enumerable.Range(0, 40).Select(_ => CallAsync()).ToList();

        await redis.FreezeAsync(TimeSpan.FromSeconds(frozenSeconds));
        await AdmitWhenBackAsync(domain, holder);
        await end.CancelAsync();
        var calls = (await Task.WhenAll(callers)).SelectMany(ofOne => ofOne).ToList();

        int admitted = calls.Count(call => call.IsAdmitted) + 2;
        await Eventually.TrueAsync(async () => await domain.Redis.StringGetAsync(domain.Keyspace.Quota(holder.Id)) == 100_000 - admitted);
        await domain.DrainAsync();
        var taken = (await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id)).ToLookup(row => row.RequestId, row => row.Change);
        Assert.All(calls, call => Assert.Equal(call.IsAdmitted ? -1 : 0, taken[call.RequestId].Sum()));
        if (frozenSeconds > 1)
            Assert.Contains(calls, call => !call.IsAdmitted);

        async Task<List<(string RequestId, bool IsAdmitted)>> CallAsync()
        {
            List<(string, bool)> made = [];
            while (!end.IsCancellationRequested)
            {
                string requestId = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"call-{frozenSeconds}-{Interlocked.Increment(ref number)}");
                try
                {
                    made.Add((requestId, (await domain.AdmitAsync(holder, requestId: requestId)).Status == AdmissionStatus.Admitted));
                }
                catch (StoreUnavailableException)
                {
                    made.Add((requestId, false));
                }

                await Task.Delay(20);
            }

            return made;
        }
    }

    private async Task AssertGivenBackAsync(TestDomain domain, TestHolder holder, string requestId)
    {
        await Eventually.TrueAsync(async () =>
        {
            await domain.DrainAsync();
            return (await StoredLedger.ReadAsync(sql.Dialect, holder.Id)).Count == 4;
        });
        var changes = await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id);
        Assert.Equal([("consume", -4), ("refund", 4)], changes.Where(row => row.RequestId == requestId).Select(row => (row.Action, row.Change)));
        Assert.Equal(9, changes[^1].After);
    }

    private static void Recover(TcpProxy proxy)
    {
        proxy.LosesReplies = false;
        proxy.Reset();
    }

    [ServerFact(Redis = true)]
    public async Task A_lease_whose_reply_was_lost_holds_nothing_up()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var proxy = new TcpProxy(redis.Port);
        await using var domain = await TestDomain.StartAsync($"127.0.0.1:{proxy.Port}", sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "800"));
        var holder = await domain.IssueAsync(10);
        await domain.AdmitAsync(holder);

        proxy.LosesReplies = true;
        Assert.Equal(DrainResult.Deferred, await domain.Sync.DrainAsync(0, CancellationToken.None));
        Assert.Equal(DrainResult.Deferred, await domain.Audit.DrainAsync(0, CancellationToken.None));
        Recover(proxy);

        await domain.DrainAsync().WaitAsync(OutboxLease.Life / 2);
        Assert.Equal(2, (await StoredLedger.ReadAsync(sql.Dialect, holder.Id)).Count);
    }

    [ServerFact(Redis = true)]
    public async Task A_refund_is_not_given_up_because_Redis_is_slow()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect);
        var holder = await domain.IssueAsync(10);
        var call = (await domain.AdmitAsync(holder, cost: 4)).Call!;

        await redis.PauseAsync(TimeSpan.FromSeconds(2));

        Assert.True(await domain.Ledger.RefundAsync(call));
        Assert.Equal(10, await domain.Redis.StringGetAsync(domain.Keyspace.Quota(holder.Id)));
    }

    [ServerFact(Redis = true)]
    public async Task While_Redis_is_down_many_calls_are_refused_at_once_and_none_waits_in_line()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect);
        var holder = await domain.IssueAsync(10);
        await domain.AdmitAsync(holder);
        await redis.KillAsync();

        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder))));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 2);

        await redis.StartAgainAsync();
        Assert.Equal(8, (await AdmitWhenBackAsync(domain, holder)).Allowance!.Remaining);
    }

    private static async Task<AdmissionResult> AdmitWhenBackAsync(TestDomain domain, TestHolder holder, int cost = 1)
    {
        AdmissionResult? admission = null;
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                admission = await domain.AdmitAsync(holder, cost);
                return true;
            }
            catch (StoreUnavailableException)
            {
                return false;
            }
        });
        return admission!;
    }
}
