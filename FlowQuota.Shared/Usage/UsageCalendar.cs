using FlowQuota.Periods;

namespace FlowQuota.Usage;

/// <summary>Divides time into the hours, days or months of a zone.</summary>
public static class UsageCalendar
{
    /// <summary>The most buckets of a report.</summary>
    public const int MaxSpans = 10_000;

    /// <summary>The buckets of a time, in their order; the first and the last may be parts of a day or month.</summary>
    /// <param name="clock">The zone.</param>
    /// <param name="granularity">Their length.</param>
    /// <param name="from">Start of a quarter of an hour, UTC.</param>
    /// <param name="until">Start of a later one, UTC, exclusive.</param>
    /// <returns>Null if there are more than <see cref="MaxSpans"/>.</returns>
    public static IReadOnlyList<UsageSpan>? Divide(WallClock clock, UsageGranularity granularity, DateTime from, DateTime until)
    {
        if (granularity == UsageGranularity.Total)
            return [new UsageSpan(from, until)];

        List<UsageSpan> spans = [];
        var start = from;
        foreach (var next in granularity == UsageGranularity.Hour ? Hours(clock, from, until) : Dates(clock, granularity, from, until))
        {
            if (spans.Count == MaxSpans - 1)
                return null;
            spans.Add(new UsageSpan(start, next));
            start = next;
        }

        spans.Add(new UsageSpan(start, until));
        return spans;
    }

    // An hour that the clocks show twice is two.
    private static IEnumerable<DateTime> Hours(WallClock clock, DateTime from, DateTime until)
    {
        var hour = clock.LocalAt(from);
        for (var next = from + QuarterHour.Length; next < until; next += QuarterHour.Length)
        {
            var now = clock.LocalAt(next);
            if (now.Minute == 0 || now.Date != hour.Date || now.Hour != hour.Hour)
            {
                hour = now;
                yield return next;
            }
        }
    }

    // A day that the zone leaves out begins and ends at one instant, and is no bucket.
    private static IEnumerable<DateTime> Dates(WallClock clock, UsageGranularity granularity, DateTime from, DateTime until)
    {
        var (date, last) = (First(granularity, clock.LocalAt(from)), from);
        while (true)
        {
            date = granularity == UsageGranularity.Day ? date.AddDays(1) : date.AddMonths(1);
            var next = clock.InstantOf(date);
            if (next >= until)
                yield break;
            if (next > last)
                yield return last = next;
        }
    }

    private static DateTime First(UsageGranularity granularity, DateTime local) =>
        granularity == UsageGranularity.Day ? local.Date : new DateTime(local.Year, local.Month, 1);
}
