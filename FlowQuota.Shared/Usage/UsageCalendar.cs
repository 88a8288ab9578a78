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
        var (start, local) = (from, clock.LocalAt(from));
        for (var next = from + QuarterHour.Length; next < until; next += QuarterHour.Length)
        {
            var now = clock.LocalAt(next);
            if (!Begins(granularity, local, now))
                continue;
            if (spans.Count == MaxSpans - 1)
                return null;
            spans.Add(new UsageSpan(start, next));
            (start, local) = (next, now);
        }

        spans.Add(new UsageSpan(start, until));
        return spans;
    }

    // An hour that the clocks show twice is two. A day or month that they go back to is the same one.
    private static bool Begins(UsageGranularity granularity, DateTime bucket, DateTime now) => granularity switch
    {
        UsageGranularity.Hour => now.Minute == 0 || now.Date != bucket.Date || now.Hour != bucket.Hour,
        UsageGranularity.Day => now.Date > bucket.Date,
        _ => (now.Year, now.Month).CompareTo((bucket.Year, bucket.Month)) > 0,
    };
}
