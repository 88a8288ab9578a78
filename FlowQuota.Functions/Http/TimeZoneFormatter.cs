using System.Globalization;
using FlowQuota.Settings;

namespace FlowQuota.Functions.Http;

/// <summary>Formats and parses times in the zone of <c>FLOW_TIME_ZONE</c>; all other code uses UTC.</summary>
public sealed class TimeZoneFormatter(FlowQuotaSettings settings, TimeProvider time)
{
    private const string InstantFormat = "yyyy-MM-dd HH:mm:ss";
    private const string DateFormat = "yyyy-MM-dd";

    private CachedSecond? _cached;

    /// <summary>The name of the zone.</summary>
    public string ZoneId => settings.TimeZone.Id;

    /// <summary>The current time, UTC.</summary>
    public DateTime UtcNow => time.GetUtcNow().UtcDateTime;

    /// <summary>The current timestamp, from which elapsed time is measured.</summary>
    public long Timestamp => time.GetTimestamp();

    /// <summary>The time since a timestamp, in whole milliseconds.</summary>
    public long MillisecondsSince(long timestamp) => (long)time.GetElapsedTime(timestamp).TotalMilliseconds;

    /// <summary>The current time, formatted for a response.</summary>
    public string FormatNow()
    {
        // Cached, because each response contains it and it changes once a second.
        var now = UtcNow;
        long second = now.Ticks / TimeSpan.TicksPerSecond;
        if (_cached is not { } cached || cached.Second != second)
            _cached = cached = new CachedSecond(second, Format(now));
        return cached.Text;
    }

    /// <summary>A time formatted for a response, <c>yyyy-MM-dd HH:mm:ss</c>.</summary>
    /// <param name="utc">UTC.</param>
    public string Format(DateTime utc) =>
        FormatLocal(TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(utc, DateTimeKind.Utc), settings.TimeZone));

    /// <summary>A local time of any zone, <c>yyyy-MM-dd HH:mm:ss</c>.</summary>
    public static string FormatLocal(DateTime local) => local.ToString(InstantFormat, CultureInfo.InvariantCulture);

    /// <summary>A time formatted for a response; null stays null.</summary>
    /// <param name="utc">UTC.</param>
    public string? Format(DateTime? utc) => utc is { } instant ? Format(instant) : null;

    /// <summary>Parses <c>yyyy-MM-dd HH:mm:ss</c> or <c>yyyy-MM-dd</c> as a local time of any zone.</summary>
    /// <param name="text">The caller's text.</param>
    /// <param name="local">The local time; midnight for a date.</param>
    /// <param name="isDate">True for a date without a time.</param>
    /// <returns>False if the text is neither, or before 1970.</returns>
    public static bool TryParseLocal(string text, out DateTime local, out bool isDate)
    {
        isDate = DateTime.TryParseExact(text, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out local);
        return (isDate || DateTime.TryParseExact(text, InstantFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out local))
            && local.Year >= 1970;
    }

    /// <summary>Parses <c>yyyy-MM-dd HH:mm:ss</c> or <c>yyyy-MM-dd</c> as a time of the zone.</summary>
    /// <param name="text">The caller's text.</param>
    /// <param name="utc">The instant, UTC; for a date, its first instant.</param>
    /// <param name="isDate">True for a date without a time.</param>
    /// <returns>False if the text is neither.</returns>
    public bool TryParse(string text, out DateTime utc, out bool isDate)
    {
        if (!TryParseLocal(text, out var local, out isDate))
        {
            utc = default;
            return false;
        }

        // The hour that summer time skips does not exist; use the first instant after it.
        while (settings.TimeZone.IsInvalidTime(local))
            local = local.AddMinutes(30);
        utc = TimeZoneInfo.ConvertTimeToUtc(local, settings.TimeZone);
        return true;
    }

    /// <summary>The end of the day that begins at an instant, in the zone: the first instant of the next day.</summary>
    /// <param name="utc">First instant of a day, UTC.</param>
    public DateTime EndOfDay(DateTime utc)
    {
        var day = TimeZoneInfo.ConvertTimeFromUtc(utc, settings.TimeZone).Date;
        if (day == DateTime.MaxValue.Date)
            return DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);
        var next = day.AddDays(1);
        while (settings.TimeZone.IsInvalidTime(next))
            next = next.AddMinutes(30);
        return TimeZoneInfo.ConvertTimeToUtc(next, settings.TimeZone);
    }

    private sealed record CachedSecond(long Second, string Text);
}
