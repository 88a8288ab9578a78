using FlowQuota.Periods;

namespace FlowQuota.Tests.Periods;

/// <summary>The boundaries of a rule, one after the other.</summary>
internal static class Boundaries
{
    /// <summary>The boundaries after an instant, in their order; fewer than asked for only at the end of the calendar.</summary>
    public static IReadOnlyList<DateTime> NextBoundaries(this PeriodRule rule, DateTime after, int count)
    {
        List<DateTime> boundaries = [];
        while (boundaries.Count < count && rule.PeriodAt(after).EndsAt is var next && next < WallClock.LastInstant)
            boundaries.Add(after = next);
        return boundaries;
    }
}
