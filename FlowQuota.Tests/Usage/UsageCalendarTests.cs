using FlowQuota.Periods;
using FlowQuota.Tests.Periods;
using FlowQuota.Usage;
using Xunit;

namespace FlowQuota.Tests.Usage;

/// <summary>Hours, days and months are those of the zone, where its clocks are set and where it is off by part of an hour, too.</summary>
public sealed class UsageCalendarTests
{
    private static readonly DateTime First = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Last = new(2025, 3, 1, 0, 0, 0, DateTimeKind.Utc);

    // In Havana and Cairo the clocks are set at midnight, on Lord Howe by half an hour; Chatham is 12:45 or 13:45 ahead.
    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Havana")]
    [InlineData("Africa/Cairo")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Pacific/Chatham")]
    [InlineData("Asia/Kathmandu")]
    public void Invariant_14_Days_and_months_are_those_of_a_second_implementation(string name)
    {
        var zone = new SampledZone(name, First.AddDays(-3), Last.AddDays(3));
        var clock = WallClock.Of(name);

        Assert.Equal(Boundaries(zone, day => day.AddDays(1)), Starts(clock, UsageGranularity.Day));
        Assert.Equal(Boundaries(zone, day => new DateTime(day.Year, day.Month, 1).AddMonths(1)), Starts(clock, UsageGranularity.Month));
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29", 23, 60)]
    [InlineData("Europe/Berlin", "2026-10-25", 25, 60)]
    [InlineData("Europe/Berlin", "2026-10-26", 24, 60)]
    [InlineData("America/Havana", "2024-03-10", 23, 60)]
    [InlineData("Asia/Kathmandu", "2026-03-29", 24, 60)]
    // From 02:00 to 02:30: the hour from 02:00 has 30 minutes. From 02:00 back to 01:30: the hour from 01:00 has 90.
    [InlineData("Australia/Lord_Howe", "2026-10-04", 24, 30)]
    [InlineData("Australia/Lord_Howe", "2026-04-05", 24, 90)]
    public void A_day_has_as_many_hours_as_its_clocks_show(string name, string day, int hours, int oddMinutes)
    {
        var clock = WallClock.Of(name);
        var date = DateTime.Parse(day, System.Globalization.CultureInfo.InvariantCulture);
        var spans = UsageCalendar.Divide(clock, UsageGranularity.Hour, clock.InstantOf(date), clock.InstantOf(date.AddDays(1)))!;

        Assert.Equal(hours, spans.Count);
        Assert.Equal(oddMinutes == 60 ? 0 : 1, spans.Count(span => (span.Until - span.From).TotalMinutes != 60));
        Assert.Contains(spans, span => (span.Until - span.From).TotalMinutes == oddMinutes);
        Assert.Equal(spans.Skip(1).Select(span => span.From), spans.SkipLast(1).Select(span => span.Until));
    }

    [Fact]
    public void Parts_of_days_at_both_ends_are_buckets_and_too_many_are_refused()
    {
        var utc = WallClock.Of("UTC");
        var (from, until) = (First.AddHours(22.25), First.AddHours(49.5));

        Assert.Equal(
            [new UsageSpan(from, First.AddDays(1)), new UsageSpan(First.AddDays(1), First.AddDays(2)), new UsageSpan(First.AddDays(2), until)],
            UsageCalendar.Divide(utc, UsageGranularity.Day, from, until));
        Assert.Equal([new UsageSpan(from, until)], UsageCalendar.Divide(utc, UsageGranularity.Total, from, until));
        Assert.Equal(UsageCalendar.MaxSpans, UsageCalendar.Divide(utc, UsageGranularity.Hour, First, First.AddHours(UsageCalendar.MaxSpans))!.Count);
        Assert.Null(UsageCalendar.Divide(utc, UsageGranularity.Hour, First, First.AddHours(UsageCalendar.MaxSpans + 1)));
        Assert.Null(UsageCalendar.Divide(utc, UsageGranularity.Day, First, new DateTime(9998, 12, 31, 0, 0, 0, DateTimeKind.Utc)));
        Assert.Equal(12 * 800, UsageCalendar.Divide(utc, UsageGranularity.Month, First, First.AddYears(800))!.Count);
    }

    private static List<DateTime> Starts(WallClock clock, UsageGranularity granularity) =>
        [.. UsageCalendar.Divide(clock, granularity, First, Last)!.Select(span => span.From)];

    private static List<DateTime> Boundaries(SampledZone zone, Func<DateTime, DateTime> next)
    {
        List<DateTime> boundaries = [First];
        for (var day = next(zone.LocalAt(First).Date); zone.FirstInstantOf(day) < Last; day = next(day))
        {
            if (zone.FirstInstantOf(day) > First)
                boundaries.Add(zone.FirstInstantOf(day));
        }

        return boundaries;
    }
}
