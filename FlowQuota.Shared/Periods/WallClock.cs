using System.Diagnostics.CodeAnalysis;
using NodaTime;
using NodaTime.TimeZones;

namespace FlowQuota.Periods;

/// <summary>The clocks on the walls of a time zone, by the IANA database that comes with NodaTime (docs/decisions/0018).</summary>
/// <remarks>UTC instants and local times are those of the years 1 to 9999; what lies outside becomes the nearest of them.</remarks>
public sealed class WallClock
{
    /// <summary>The last instant that a boundary may have: the last millisecond of 9999.</summary>
    public static readonly DateTime LastInstant = new(9999, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc);

    /// <summary>UTC.</summary>
    internal static readonly WallClock Utc = new(DateTimeZone.Utc);

    // NodaTime's calendar ends with 9999, too, but throws where an offset leads out of it. No zone changes its offset from here on.
    private static readonly DateTime LastDays = new(9999, 12, 30, 0, 0, 0, DateTimeKind.Utc);

    private static readonly ZoneLocalMappingResolver FirstInstant =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    private readonly DateTimeZone _zone;

    private WallClock(DateTimeZone zone) => _zone = zone;

    /// <summary>The clock of a zone that is known to exist.</summary>
    /// <param name="timeZone">Its IANA name.</param>
    public static WallClock Of(string timeZone) => new(DateTimeZoneProviders.Tzdb[timeZone]);

    /// <summary>The clock of a zone; false if there is no such zone.</summary>
    public static bool TryFind(string timeZone, [NotNullWhen(true)] out WallClock? clock)
    {
        clock = DateTimeZoneProviders.Tzdb.GetZoneOrNull(timeZone) is { } zone ? new WallClock(zone) : null;
        return clock is not null;
    }

    /// <summary>What the clocks show at an instant.</summary>
    public DateTime LocalAt(DateTime instant) => new(TicksIn(instant.Ticks + OffsetAt(instant)));

    /// <summary>
    /// The instant at which the clocks show a time: the first if they show it twice, the end of the gap if they skip it.
    /// </summary>
    public DateTime InstantOf(DateTime local) => new(
        TicksIn(local >= LastDays
            ? local.Ticks - OffsetAt(LastDays)
            : NodaConstants.UnixEpoch.ToDateTimeUtc().Ticks + _zone.ResolveLocal(LocalDateTime.FromDateTime(local), FirstInstant).ToInstant().ToUnixTimeTicks()),
        DateTimeKind.Utc);

    /// <summary>The ends of the gaps by which the clocks skipped a whole day or more, as when Samoa changed sides of the date line.</summary>
    /// <param name="after">Instants after this one.</param>
    /// <param name="upTo">Instants up to and including this one.</param>
    internal IEnumerable<DateTime> SkippedDays(DateTime after, DateTime upTo)
    {
        if (_zone.MaxOffset.Ticks - _zone.MinOffset.Ticks < TimeSpan.TicksPerDay || upTo <= after)
            yield break;
        ZoneInterval? earlier = null;
        foreach (var interval in _zone.GetZoneIntervals(new Interval(InstantAt(after), InstantAt(upTo).PlusTicks(1))))
        {
            if (earlier is not null && interval.WallOffset.Ticks - earlier.WallOffset.Ticks >= TimeSpan.TicksPerDay)
                yield return interval.Start.ToDateTimeUtc();
            earlier = interval;
        }
    }

    private long OffsetAt(DateTime instant) => _zone.GetUtcOffset(InstantAt(instant < LastDays ? instant : LastDays)).Ticks;

    private static Instant InstantAt(DateTime instant) => Instant.FromDateTimeUtc(DateTime.SpecifyKind(instant, DateTimeKind.Utc));

    private static long TicksIn(long ticks) => Math.Clamp(ticks, DateTime.MinValue.Ticks, LastInstant.Ticks);
}
