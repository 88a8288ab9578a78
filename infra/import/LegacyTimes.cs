namespace FlowQuota.Import;

/// <summary>The Go system's times: the local times of its server, without a zone.</summary>
internal sealed class LegacyTimes(TimeZoneInfo zone)
{
    /// <summary>The value that a date of zeros is read as.</summary>
    public static readonly DateTime Zero = DateTime.MinValue;

    /// <summary>The instant that a stored time means.</summary>
    public DateTime ToUtc(DateTime stored)
    {
        if (stored == Zero)
            return Zero;
        var wall = DateTime.SpecifyKind(stored, DateTimeKind.Unspecified);
        // An hour that summer time skips was written by a clock that had not been put forward.
        if (zone.IsInvalidTime(wall))
            wall = wall.AddHours(1);
        return TimeZoneInfo.ConvertTimeToUtc(wall, zone);
    }

    /// <summary>The local time of an instant.</summary>
    public DateTime FromUtc(DateTime utc) => TimeZoneInfo.ConvertTimeFromUtc(utc, zone);
}
