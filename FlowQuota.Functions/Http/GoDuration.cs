using System.Globalization;

namespace FlowQuota.Functions.Http;

/// <summary>Writes durations as Go does: <c>5s</c>, <c>1m30s</c>, <c>24h0m0s</c>. Dashboards of the predecessor expect it.</summary>
internal static class GoDuration
{
    /// <param name="duration">Whole seconds, not negative.</param>
    public static string Format(TimeSpan duration)
    {
        long hours = (long)duration.TotalHours;
        if (hours > 0)
            return string.Create(CultureInfo.InvariantCulture, $"{hours}h{duration.Minutes}m{duration.Seconds}s");
        return duration.Minutes > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.Minutes}m{duration.Seconds}s")
            : string.Create(CultureInfo.InvariantCulture, $"{duration.Seconds}s");
    }
}
