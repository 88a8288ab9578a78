using System.Diagnostics;
using FlowQuota.Quotas;
using FlowQuota.Storage;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using FlowQuota.Tests.Storage;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>Protects quotas while Redis itself stops, forgets or stalls: nothing is granted twice, and a refused call costs nothing.</summary>
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
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "800"));
        var holder = await domain.IssueAsync(10);
        await domain.AdmitAsync(holder);

        await redis.PauseAsync(TimeSpan.FromSeconds(3));
        long started = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder, cost: 4, requestId: "late"));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.5, 2);

        await Eventually.TrueAsync(async () =>
        {
            await domain.DrainAsync();
            return (await StoredLedger.ReadAsync(sql.Dialect, holder.Id)).Count == 4;
        });
        var changes = await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id);
        Assert.Equal([("consume", -4), ("refund", 4)], changes.Where(row => row.RequestId == "late").Select(row => (row.Action, row.Change)));
        Assert.Equal(9, changes[^1].After);
    }

    [ServerFact(Redis = true)]
    public async Task Calls_that_wait_in_line_while_Redis_is_slow_are_refused_in_time_and_never_sent()
    {
        await using var redis = await OwnRedis.StartDurableAsync();
        await using var domain = await TestDomain.StartAsync(redis.Connection, sql.Dialect, settings: ("REDIS_TIMEOUT_MS", "800"));
        var holder = await domain.IssueAsync(1000);
        await domain.AdmitAsync(holder);

        await redis.PauseAsync(TimeSpan.FromSeconds(3));
        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Assert.ThrowsAsync<StoreUnavailableException>(() => domain.AdmitAsync(holder, requestId: $"late-{i}"))));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.5, 2);

        // The first was under way, and is given back; of the others Redis never hears.
        await AdmitWhenBackAsync(domain, holder);
        await Eventually.TrueAsync(async () => (await domain.Redis.StringGetAsync(domain.Keyspace.Quota(holder.Id))) == 998);
        await domain.DrainAsync();
        var late = (await StoredLedger.ReadWholeAsync(sql.Dialect, holder.Id)).Where(row => row.RequestId.StartsWith("late-", StringComparison.Ordinal));
        Assert.Equal([("late-0", "consume"), ("late-0", "refund")], late.Select(row => (row.RequestId, row.Action)));
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

    private static async Task<Admission> AdmitWhenBackAsync(TestDomain domain, TestHolder holder, int cost = 1)
    {
        Admission? admission = null;
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
