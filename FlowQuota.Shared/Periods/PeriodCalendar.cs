namespace FlowQuota.Periods;

/// <summary>
/// The boundaries of a rule, numbered: 0 is the one at the origin, negative ones lie before it. They are computed from their
/// number, never from one another, so none drifts and ten years cost no more than one.
/// </summary>
internal sealed class PeriodCalendar
{
    // The 1st, 1 January, and a start of every number of days; weeks begin with the Monday after it.
    private static readonly DateTime Origin = new(2000, 1, 1);
    private static readonly DateTime MondayOrigin = new(2000, 1, 3);

    private static readonly DateTime Beginning = new(0, DateTimeKind.Utc);

    private readonly WallClock _clock;
    private readonly DateTime _origin;
    private readonly long _ticks;
    private readonly int _months;

    /// <summary>Makes the calendar of a rule.</summary>
    public PeriodCalendar(PeriodRule rule)
    {
        var zone = WallClock.Of(rule.TimeZone);
        (_ticks, _months) = rule.Unit switch
        {
            PeriodUnit.Hour => (rule.Every * TimeSpan.TicksPerHour, 0),
            PeriodUnit.Day => (rule.Every * TimeSpan.TicksPerDay, 0),
            PeriodUnit.Week => (rule.Every * 7 * TimeSpan.TicksPerDay, 0),
            PeriodUnit.Month => (0L, rule.Every),
            PeriodUnit.Year => (0L, rule.Every * 12),
        };
        var origin = rule.Anchor is { } anchor ? zone.LocalAt(anchor) : rule.Unit == PeriodUnit.Week ? MondayOrigin : Origin;
        // Hours are elapsed time, so they are counted on the clocks of UTC.
        (_clock, _origin) = rule.Unit == PeriodUnit.Hour
            ? (WallClock.Utc, rule.Anchor ?? zone.InstantOf(origin))
            : (zone, origin);
    }

    /// <summary>The number of the last boundary at or before an instant.</summary>
    public long IndexAt(DateTime instant)
    {
        if (instant >= WallClock.LastInstant)
            instant = WallClock.LastInstant.AddTicks(-1);
        // The clocks may be a step ahead or behind, because they were set, or because a month has no 31st.
        long index = IndexOf(_clock.LocalAt(instant));
        while (BoundaryAt(index) > instant)
            index--;
        while (BoundaryAt(index + 1) <= instant)
            index++;
        return index;
    }

    /// <summary>The instant of a boundary; several have one instant where a day has no hours, or outside the calendar.</summary>
    public DateTime BoundaryAt(long index)
    {
        if (_months > 0)
            return BoundaryInMonth((_origin.Year * 12) + _origin.Month - 1 + (index * _months));
        long ticks = _origin.Ticks + (index * _ticks);
        return ticks < DateTime.MinValue.Ticks ? Beginning
            : ticks > WallClock.LastInstant.Ticks ? WallClock.LastInstant
            : _clock.InstantOf(new DateTime(ticks));
    }

    /// <summary>How many boundaries of distinct instants lie after one instant and up to another.</summary>
    public int CountBetween(DateTime after, DateTime upTo)
    {
        long count = IndexAt(upTo) - IndexAt(after);
        foreach (var end in _clock.SkippedDays(after, upTo))
        {
            for (long index = IndexAt(end); BoundaryAt(index) == end && BoundaryAt(index - 1) == end; index--)
                count--;
        }

        return (int)count;
    }

    private DateTime BoundaryInMonth(long month)
    {
        if (month < 12)
            return Beginning;
        if (month >= 10_000 * 12)
            return WallClock.LastInstant;
        var (year, number) = ((int)(month / 12), (int)(month % 12) + 1);
        int day = Math.Min(_origin.Day, DateTime.DaysInMonth(year, number));
        return _clock.InstantOf(new DateTime(year, number, day) + _origin.TimeOfDay);
    }

    private long IndexOf(DateTime local) => _months > 0
        ? Floor(((local.Year - _origin.Year) * 12) + local.Month - _origin.Month, _months)
        : Floor(local.Ticks - _origin.Ticks, _ticks);

    private static long Floor(long dividend, long divisor) => (dividend - (((dividend % divisor) + divisor) % divisor)) / divisor;
}
