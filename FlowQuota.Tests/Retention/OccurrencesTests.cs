using FlowQuota.SelfHost.Hosting;
using FlowQuota.Settings;
using Xunit;

namespace FlowQuota.Tests.Retention;

/// <summary>Protects the self-host's timers over a clock that is set while it runs.</summary>
public sealed class OccurrencesTests
{
    private static readonly DateTime Start = new(2026, 11, 22, 3, 0, 0, DateTimeKind.Utc);

    private readonly JumpingClock _clock = new(Start);
    private readonly Occurrences _minutes;

    public OccurrencesTests() => _minutes = new Occurrences(TimerSchedule.Read("TIMER", "0 * * * * *"), _clock);

    [Fact]
    public async Task Each_comes_once_though_the_clock_is_corrected_by_seconds()
    {
        Assert.Equal(Start.AddMinutes(1), await NextAsync());
        _clock.Advance(TimeSpan.FromSeconds(-30));
        Assert.Equal(Start.AddMinutes(2), await NextAsync());
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(Start.AddMinutes(3), await NextAsync());
    }

    [Fact]
    public async Task They_go_on_within_a_minute_though_the_clock_is_set_back_by_days()
    {
        await NextAsync();
        _clock.Advance(TimeSpan.FromDays(-2));
        Assert.Equal(Start.AddDays(-2).AddMinutes(2), await NextAsync());
        Assert.Equal(Start.AddDays(-2).AddMinutes(3), await NextAsync());
    }

    [Fact]
    public async Task Those_that_a_clock_set_forwards_has_passed_come_once()
    {
        await NextAsync();
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(Start.AddDays(2).AddMinutes(1), await NextAsync());
        Assert.Equal(Start.AddDays(2).AddMinutes(2), await NextAsync());
    }

    private async Task<DateTime> NextAsync()
    {
        Assert.True(await _minutes.NextAsync(default));
        return _clock.GetUtcNow().UtcDateTime;
    }
}
