using FlowQuota.Quotas;
using FlowQuota.Tests.Apps;
using FlowQuota.Tests.Servers;
using Xunit;

namespace FlowQuota.Tests.Quotas;

/// <summary>
/// Protects the rate limit: a sliding window that never admits more than its limit, a burst limit, and a Retry-After that
/// is true. The windows' state is written by hand, so that no test waits for a minute to pass.
/// </summary>
public abstract class RateLimitSuite(Stores stores) : LedgerSuite(stores)
{
    [SuiteFact]
    public async Task A_limit_of_three_admits_three_and_then_says_when_to_come_again()
    {
        var holder = await IssueAsync(limit: 3);

        var admissions = new List<Admission>();
        for (int i = 0; i < 4; i++)
            admissions.Add(await Domain.AdmitAsync(holder));

        Assert.Equal([2, 1, 0], admissions.Take(3).Select(admission => admission.Allowance!.Rate!.Remaining));
        Assert.Equal((AdmissionStatus.RateLimited, 0), (admissions[3].Status, admissions[3].Allowance!.Rate!.Remaining));
        // Three calls fade out over the next window; after a third of it one more fits.
        Assert.InRange(admissions[3].RetryAfterSeconds, 79, 80);
        Assert.InRange(admissions[3].Allowance!.Rate!.ResetSeconds, 59, 60);
        Assert.Equal(97, await CounterAsync(holder));
        Assert.Equal("3", await FieldAsync(holder, "window_count"));
    }

    [SuiteFact]
    public async Task The_window_before_fades_out_as_the_current_one_passes()
    {
        var holder = await IssueAsync(limit: 10);
        await SetWindowAsync(holder, secondsAgo: 30, count: 2, previous: 12);

        // 2 + 12 / 2 = 8 are used.
        Assert.Equal(2, (await Domain.AdmitAsync(holder, cost: 0)).Allowance!.Rate!.Remaining);
        Assert.Equal(1, (await Domain.AdmitAsync(holder)).Allowance!.Rate!.Remaining);
    }

    [SuiteFact]
    public async Task Retry_after_is_when_the_window_before_has_faded_enough()
    {
        var holder = await IssueAsync(limit: 10);
        await SetWindowAsync(holder, secondsAgo: 30, count: 4, previous: 12);

        var refused = await Domain.AdmitAsync(holder);

        // One more fits when 12 x (60 - t) / 60 is down to 5: at t = 35.
        Assert.Equal(AdmissionStatus.RateLimited, refused.Status);
        Assert.InRange(refused.RetryAfterSeconds, 4, 5);
        await SetWindowAsync(holder, secondsAgo: 35, count: 4, previous: 12);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
    }

    [SuiteFact]
    public async Task Retry_after_of_a_full_window_is_when_it_has_faded_enough_itself()
    {
        var holder = await IssueAsync(limit: 10);
        await SetWindowAsync(holder, secondsAgo: 30, count: 10, previous: 0);

        var refused = await Domain.AdmitAsync(holder);

        Assert.Equal(AdmissionStatus.RateLimited, refused.Status);
        Assert.InRange(refused.RetryAfterSeconds, 35, 36);
        await SetWindowAsync(holder, secondsAgo: 66, count: 10, previous: 0);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
        Assert.Equal(("1", "10"), (await FieldAsync(holder, "window_count"), await FieldAsync(holder, "window_previous")));
    }

    [SuiteFact]
    public async Task A_window_that_is_over_becomes_the_one_before_and_older_ones_are_forgotten()
    {
        var holder = await IssueAsync(limit: 10);
        await SetWindowAsync(holder, secondsAgo: 70, count: 6, previous: 100);
        Assert.Equal(5, (await Domain.AdmitAsync(holder, cost: 0)).Allowance!.Rate!.Remaining);

        await SetWindowAsync(holder, secondsAgo: 120, count: 100, previous: 100);
        Assert.Equal(9, (await Domain.AdmitAsync(holder)).Allowance!.Rate!.Remaining);
        Assert.Equal("0", await FieldAsync(holder, "window_previous"));
    }

    [SuiteFact]
    public async Task A_clock_that_was_set_back_neither_locks_a_token_out_nor_lets_it_through()
    {
        var holder = await IssueAsync(limit: 10);
        await SetWindowAsync(holder, secondsAgo: -30, count: 4, previous: 6);
        Assert.Equal(AdmissionStatus.RateLimited, (await Domain.AdmitAsync(holder)).Status);

        await SetWindowAsync(holder, secondsAgo: -3600, count: 4, previous: 6);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
    }

    [SuiteFact]
    public async Task A_refused_call_does_not_push_the_end_of_the_refusal_away()
    {
        var holder = await IssueAsync(limit: 1);
        await Domain.AdmitAsync(holder);
        await SetWindowAsync(holder, secondsAgo: 80, count: 1, previous: 0);

        for (int i = 0; i < 5; i++)
            Assert.InRange((await Domain.AdmitAsync(holder)).RetryAfterSeconds, 1, 40);

        Assert.Equal("1", await FieldAsync(holder, "window_count"));
    }

    [SuiteFact]
    public async Task Bursts_are_bounded_within_any_one_second()
    {
        var holder = await IssueAsync(limit: null, burst: 2);
        await SetSecondAsync(holder, millisecondsAgo: 300, count: 1, previous: 2);

        // 1 + 2 x 0.7 are used.
        var refused = await Domain.AdmitAsync(holder);

        Assert.Equal((AdmissionStatus.RateLimited, 1), (refused.Status, refused.RetryAfterSeconds));
        Assert.Null(refused.Allowance!.Rate);
        Assert.Equal(100, await CounterAsync(holder));
        await SetSecondAsync(holder, millisecondsAgo: 2000, count: 2, previous: 2);
        Assert.Equal(AdmissionStatus.Admitted, (await Domain.AdmitAsync(holder)).Status);
        Assert.Equal(("1", "0"), (await FieldAsync(holder, "second_count"), await FieldAsync(holder, "second_previous")));
    }

    [SuiteFact]
    public async Task A_call_that_the_burst_limit_refuses_does_not_count_in_the_window()
    {
        var holder = await IssueAsync(limit: 10, burst: 1);
        await SetSecondAsync(holder, millisecondsAgo: 0, count: 1, previous: 1);

        var refused = await Domain.AdmitAsync(holder);

        Assert.Equal((AdmissionStatus.RateLimited, 10), (refused.Status, refused.Allowance!.Rate!.Remaining));
        Assert.Null(await FieldAsync(holder, "window_count"));
    }

    [SuiteFact]
    public async Task A_window_may_be_of_any_length()
    {
        var holder = await Domain.IssueAsync(100, token => token with { RateLimitPerMinute = 10, RateLimitWindowSeconds = 3600 });
        await SetWindowAsync(holder, secondsAgo: 1800, count: 10, previous: 0);

        var refused = await Domain.AdmitAsync(holder);

        Assert.InRange(refused.RetryAfterSeconds, 2159, 2160);
        Assert.Equal(3600, refused.Allowance!.Rate!.WindowSeconds);
    }

    private Task<TestHolder> IssueAsync(int? limit, int? burst = null) =>
        Domain.IssueAsync(100, token => token with { RateLimitPerMinute = limit, RateLimitBurst = burst });

    private async Task SetWindowAsync(TestHolder holder, int secondsAgo, int count, int previous) =>
        await SetFieldsAsync(holder,
            ("window_start", await NowAsync() - (secondsAgo * 1000)), ("window_count", count), ("window_previous", previous));

    private async Task SetSecondAsync(TestHolder holder, int millisecondsAgo, int count, int previous) =>
        await SetFieldsAsync(holder, ("second_start", await NowAsync() - millisecondsAgo), ("second_count", count), ("second_previous", previous));
}
