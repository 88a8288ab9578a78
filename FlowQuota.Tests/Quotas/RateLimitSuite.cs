using System.Globalization;
using FlowQuota.Admission;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using StackExchange.Redis;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>
/// Protects the rate limits: no span of a window's length admits more calls than the limit, a caller who keeps to it is never
/// refused, and the reported time of the next call is right. Calls are made older by hand, so that no test waits for a minute.
/// </summary>
public abstract class RateLimitSuite(Stores stores) : LedgerSuite(stores)
{
    // As in admit.lua.
    private const int Places = 128;
    private const int PlaceLength = 26;

    [SuiteFact]
    public async Task A_limit_of_three_admits_three_and_then_says_when_to_come_again()
    {
        var holder = await IssueAsync(limit: 3);

        var admissions = new List<AdmissionResult>();
        for (int i = 0; i < 4; i++)
            admissions.Add(await Domain.AdmitAsync(holder));

        Assert.Equal([2, 1, 0], admissions.Take(3).Select(admission => admission.Allowance!.Rate!.Remaining));
        Assert.Equal((AdmissionStatus.RateLimited, 0), (admissions[3].Status, admissions[3].Allowance!.Rate!.Remaining));
        Assert.InRange(admissions[3].RetryAfterSeconds, 59, 60);
        Assert.Equal(admissions[3].RetryAfterSeconds, admissions[3].Allowance!.Rate!.ResetSeconds);
        Assert.Equal(97, await CounterAsync(holder));
    }

    [SuiteFact]
    public async Task A_call_counts_for_as_long_as_the_window_and_no_longer()
    {
        var holder = await IssueAsync(limit: 2);
        await Domain.AdmitAsync(holder);
        await AgeAsync(holder, seconds: 40);
        await Domain.AdmitAsync(holder);

        // The first is 40 s old, the second new.
        Assert.InRange((await Domain.AdmitAsync(holder)).RetryAfterSeconds, 19, 20);
        await AgeAsync(holder, seconds: 20);
        Assert.Equal((AdmissionStatus.Admitted, 0), await StatusAndRestAsync(holder));
        Assert.InRange((await Domain.AdmitAsync(holder)).RetryAfterSeconds, 39, 40);
        await AgeAsync(holder, seconds: 3600);
        Assert.Equal((AdmissionStatus.Admitted, 1), await StatusAndRestAsync(holder));
    }

    [SuiteFact]
    public async Task No_window_has_more_calls_than_its_limit_and_none_is_refused_that_fits()
    {
        foreach (var (limit, steps) in new[] { (1, 20), (3, 60), (7, 80), (100, 120), (250, 150) })
            await FollowAsync(limit, steps, seed: Random.Shared.Next());
    }

    [SuiteFact]
    public async Task A_limit_that_is_lowered_holds_for_the_calls_before()
    {
        var holder = await IssueAsync(limit: 5);
        for (int i = 0; i < 5; i++)
        {
            await Domain.AdmitAsync(holder);
            await AgeAsync(holder, seconds: 10);
        }

        await SetFieldsAsync(holder, ("limit", 2));

        // They are 10 to 50 s old: one more fits when four of them no longer count.
        Assert.InRange((await Domain.AdmitAsync(holder)).RetryAfterSeconds, 39, 40);
        await AgeAsync(holder, seconds: 40);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
        Assert.Equal(AdmissionStatus.RateLimited, (await Domain.AdmitAsync(holder)).Status);
    }

    [SuiteFact]
    public async Task A_limit_may_be_raised_again_and_again_within_its_window()
    {
        var holder = await Domain.IssueAsync(1_000_000, token => token with { RateLimitPerMinute = 1 });
        int admitted = 0;
        foreach (int limit in new[] { 1, 90, 110, 250, 400 })
        {
            await SetFieldsAsync(holder, ("limit", limit));
            while ((await Domain.AdmitAsync(holder)).Status == AdmissionStatus.Admitted)
                admitted++;
            Assert.Equal(limit, admitted);
        }

        await AgeAsync(holder, seconds: 60);
        Assert.Equal((AdmissionStatus.Admitted, 399), await StatusAndRestAsync(holder));
    }

    [SuiteFact]
    public async Task A_clock_that_was_set_back_neither_locks_a_token_out_nor_lets_it_through()
    {
        var holder = await IssueAsync(limit: 1);
        await Domain.AdmitAsync(holder);
        await AgeAsync(holder, seconds: -30);
        Assert.Equal(AdmissionStatus.RateLimited, (await Domain.AdmitAsync(holder)).Status);

        await AgeAsync(holder, seconds: -3600);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
    }

    [SuiteFact]
    public async Task A_refused_call_does_not_push_the_end_of_the_refusal_away()
    {
        var holder = await IssueAsync(limit: 1);
        await Domain.AdmitAsync(holder);
        await AgeAsync(holder, seconds: 40);
        string? before = await FieldAsync(holder, "window_calls");

        for (int i = 0; i < 5; i++)
            Assert.InRange((await Domain.AdmitAsync(holder)).RetryAfterSeconds, 1, 20);

        Assert.Equal(before, await FieldAsync(holder, "window_calls"));
    }

    [SuiteFact]
    public async Task Bursts_are_bounded_within_any_one_second()
    {
        var holder = await IssueAsync(limit: null, burst: 2);
        Assert.All(await Task.WhenAll(Domain.AdmitAsync(holder), Domain.AdmitAsync(holder)), call => Assert.Equal(AdmissionStatus.Admitted, call.Status));

        var refused = await Domain.AdmitAsync(holder);

        Assert.Equal((AdmissionStatus.RateLimited, 1), (refused.Status, refused.RetryAfterSeconds));
        Assert.Equal((null, new RateAllowance(2, 1, 0, 1)), (refused.Allowance!.Rate, refused.Allowance.Burst));
        Assert.Equal(98, await CounterAsync(holder));
        await AgeAsync(holder, seconds: 1);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
    }

    [SuiteFact]
    public async Task A_burst_of_one_admits_a_caller_who_keeps_to_it()
    {
        var holder = await IssueAsync(limit: null, burst: 1);
        for (int i = 0; i < 25; i++)
        {
            Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
            await AgeAsync(holder, seconds: 1);
        }
    }

    [SuiteFact]
    public async Task A_call_that_the_burst_limit_refuses_does_not_count_in_the_window()
    {
        var holder = await IssueAsync(limit: 10, burst: 1);
        await Domain.AdmitAsync(holder);

        var refused = await Domain.AdmitAsync(holder);

        Assert.Equal((AdmissionStatus.RateLimited, 9), (refused.Status, refused.Allowance!.Rate!.Remaining));
        Assert.Equal(refused.Allowance.Burst, refused.Allowance.SpentRate);
        Assert.EndsWith(" 1 0", await FieldAsync(holder, "window_calls"), StringComparison.Ordinal);
    }

    [SuiteFact]
    public async Task A_window_may_be_of_any_length()
    {
        var holder = await Domain.IssueAsync(100, token => token with { RateLimitPerMinute = 1, RateLimitWindowSeconds = 3600 });
        await Domain.AdmitAsync(holder);
        await AgeAsync(holder, seconds: 1800);

        var refused = await Domain.AdmitAsync(holder);

        Assert.InRange(refused.RetryAfterSeconds, 1799, 1800);
        Assert.Equal(3600, refused.Allowance!.Rate!.WindowSeconds);
    }

    [SuiteFact]
    public async Task The_times_of_calls_are_kept_for_the_window_and_forgotten_after_it()
    {
        var holder = await IssueAsync(limit: 2);
        await Domain.AdmitAsync(holder);

        var life = await Redis.KeyTimeToLiveAsync(CallsKey(holder));

        Assert.InRange(life!.Value, TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(5));
        await Redis.KeyDeleteAsync(CallsKey(holder));
        await Domain.AdmitAsync(holder);
        await AgeAsync(holder, seconds: 60);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
    }

    private async Task FollowAsync(int limit, int steps, int seed)
    {
        var random = new Random(seed);
        var holder = await Domain.IssueAsync(1_000_000, token => token with { RateLimitPerMinute = limit });
        var admitted = new List<long>();
        long age = 0;
        for (int i = 0; i < steps; i++)
        {
            if (random.Next(3) == 0)
            {
                int seconds = random.Next(1, random.Next(2) == 0 ? 3 : 90);
                await AgeAsync(holder, seconds);
                age += seconds * 1000;
            }

            long before = await NowAsync() + age;
            int together = random.Next(1, 1 + Math.Max(1, limit / 5));
            var answers = await Task.WhenAll(Enumerable.Range(0, together).Select(_ => Domain.AdmitAsync(holder)));
            long after = await NowAsync() + age;
            foreach (var answer in answers)
            {
                // When the call was decided is known to within before and after; so are the calls that count for it.
                int surely = admitted.Count(at => at > after - 60_000), perhaps = admitted.Count(at => at > before - 60_000);
                if (answer.Status == AdmissionStatus.Admitted)
                    Assert.True(surely < limit + ((limit - 1) / 100), $"seed {seed}, step {i}: admitted beside {surely} of {limit}");
                else
                    Assert.True(perhaps >= limit, $"seed {seed}, step {i}: refused beside {perhaps} of {limit}");
                if (answer.Status == AdmissionStatus.Admitted)
                    admitted.Add(before);
            }
        }
    }

    private Task<TestHolder> IssueAsync(int? limit, int? burst = null) =>
        Domain.IssueAsync(100, token => token with { RateLimitPerMinute = limit, RateLimitBurst = burst });

    private async Task<(AdmissionStatus Status, int Remaining)> StatusAndRestAsync(TestHolder holder)
    {
        var admission = await Domain.AdmitAsync(holder);
        return (admission.Status, admission.Allowance!.Rate!.Remaining);
    }

    private RedisKey CallsKey(TestHolder holder) =>
        Domain.Keyspace.ForAdmission(Domain.Keyspace.PartitionOf(holder.Id), [holder.Id])[^2];

    /// <summary>Makes all calls of a token that were made so much older.</summary>
    private async Task AgeAsync(TestHolder holder, int seconds)
    {
        foreach (string name in new[] { "window_calls", "second_calls" })
        {
            if (await FieldAsync(holder, name) is not { } state)
                continue;
            string[] words = state.Split(' ');
            words[2] = Aged(words[2]);
            await Redis.HashSetAsync(Domain.Keyspace.Token(holder.Id), name, string.Join(' ', words));
        }

        string? places = await Redis.StringGetAsync(CallsKey(holder));
        for (int at = 0; at < places?.Length; at += PlaceLength)
        {
            if (places[at] != '\0')
                await Redis.StringSetRangeAsync(CallsKey(holder), at, Aged(places.Substring(at, PlaceLength / 2)));
        }

        Assert.InRange(places?.Length ?? 0, 0, 2 * Places * PlaceLength);

        string Aged(string time) =>
            (long.Parse(time, CultureInfo.InvariantCulture) - (seconds * 1000L)).ToString("D13", CultureInfo.InvariantCulture);
    }
}
