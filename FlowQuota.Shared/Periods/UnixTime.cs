using System.Globalization;

namespace FlowQuota.Periods;

/// <summary>Times as Redis, the scripts and the texts of this folder have them: milliseconds since 1970, UTC.</summary>
internal static class UnixTime
{
    private static readonly long First = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The milliseconds of a time, rounded down.</summary>
    /// <param name="utc">UTC, of any kind.</param>
    public static long Of(DateTime utc) => new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc)).ToUnixTimeMilliseconds();

    /// <summary>The time of so many milliseconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not in the years 1 to 9999.</exception>
    public static DateTime At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime;

    /// <summary>Reads milliseconds; false if the text is no number, or its time is not in the years 1 to 9999.</summary>
    public static bool TryParse(string text, out DateTime time)
    {
        bool isTime = long.TryParse(text, CultureInfo.InvariantCulture, out long milliseconds) && milliseconds >= First && milliseconds <= Last;
        time = isTime ? At(milliseconds) : default;
        return isTime;
    }
}
