using System.Globalization;
using FlowQuota.Settings;

namespace FlowQuota.Functions.Http;

/// <summary>Tells and reads times in the zone of <c>FLOW_TIME_ZONE</c>; everything behind it is UTC.</summary>
public sealed class FlowClock(FlowQuotaSettings settings, TimeProvider time)
{
    private const string InstantFormat = "yyyy-MM-dd HH:mm:ss";
    private const string DateFormat = "yyyy-MM-dd";

    private ToldSecond? _told;

    /// <summary>The present, UTC.</summary>
    public DateTime UtcNow => time.GetUtcNow().UtcDateTime;

    /// <summary>A point to measure from.</summary>
    public long Timestamp => time.GetTimestamp();

    /// <summary>Time since a point, in whole milliseconds.</summary>
    public long MillisecondsSince(long timestamp) => (long)time.GetElapsedTime(timestamp).TotalMilliseconds;

    /// <summary>The present as answers tell it.</summary>
    public string Now()
    {
        // Each answer tells it, and it is the same for a second.
        var now = UtcNow;
        long second = now.Ticks / TimeSpan.TicksPerSecond;
        if (_told is not { } told || told.Second != second)
            _told = told = new ToldSecond(second, Tell(now));
        return told.Text;
    }

    /// <summary>A time as answers tell it, <c>yyyy-MM-dd HH:mm:ss</c>.</summary>
    /// <param name="utc">UTC.</param>
    public string Tell(DateTime utc) =>
        TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc), settings.TimeZone)
            .ToString(InstantFormat, CultureInfo.InvariantCulture);

    /// <summary>A time as answers tell it; null stays null.</summary>
    /// <param name="utc">UTC.</param>
    public string? Tell(DateTime? utc) => utc is { } instant ? Tell(instant) : null;

    /// <summary>Reads <c>yyyy-MM-dd HH:mm:ss</c> or <c>yyyy-MM-dd</c>.</summary>
    /// <param name="text">What was sent.</param>
    /// <param name="utc">The instant, UTC; of a date its first.</param>
    /// <param name="isDate">True for a date without a time.</param>
    /// <returns>False where it is neither, or a time that the zone skips.</returns>
    public bool TryRead(string text, out DateTime utc, out bool isDate)
    {
        isDate = DateTime.TryParseExact(text, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local);
        if ((!isDate && !DateTime.TryParseExact(text, InstantFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out local))
            || local.Year is < 1970 or > 9998)
        {
            utc = default;
            return false;
        }

        // The hour that summer time skips does not exist; the instant that the clock shows next stands for it.
        while (settings.TimeZone.IsInvalidTime(local))
            local = local.AddMinutes(30);
        utc = TimeZoneInfo.ConvertTimeToUtc(local, settings.TimeZone);
        return true;
    }

    /// <summary>The end of the day that begins at an instant, in the zone: the first instant of the next day.</summary>
    /// <param name="utc">First instant of a day, UTC.</param>
    public DateTime EndOfDay(DateTime utc)
    {
        var next = TimeZoneInfo.ConvertTimeFromUtc(utc, settings.TimeZone).Date.AddDays(1);
        while (settings.TimeZone.IsInvalidTime(next))
            next = next.AddMinutes(30);
        return TimeZoneInfo.ConvertTimeToUtc(next, settings.TimeZone);
    }

    private sealed record ToldSecond(long Second, string Text);
}
