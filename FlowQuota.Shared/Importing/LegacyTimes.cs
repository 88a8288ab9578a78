namespace FlowQuota.Importing;

/// <summary>The Go system's times: what its server's clock on the wall showed, without a zone.</summary>
internal sealed class LegacyTimes(TimeZoneInfo zone)
{
    /// <summary>What a date of zeros is read as.</summary>
    public static readonly DateTime Zero = DateTime.MinValue;

    /// <summary>The instant that a stored time means.</summary>
    public DateTime ToUtc(DateTime stored)
    {
        if (stored == Zero)
            return Zero;
        var wall = DateTime.SpecifyKind(stored, DateTimeKind.Unspecified);
        // An hour that the clock skipped: it was written by a clock that had not been put forward.
        if (zone.IsInvalidTime(wall))
            wall = wall.AddHours(1);
        return TimeZoneInfo.ConvertTimeToUtc(wall, zone);
    }

    /// <summary>What the clock on the wall showed at an instant.</summary>
    public DateTime FromUtc(DateTime utc) => TimeZoneInfo.ConvertTimeFromUtc(utc, zone);
}
