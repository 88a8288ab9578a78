using FlowQuota.Errors;
using NCrontab;

namespace FlowQuota.Settings;

/// <summary>When a timer-triggered function runs: a six-field NCRONTAB expression (seconds first), in UTC.</summary>
public sealed class TimerSchedule
{
    private const string Allowed = "a six-field NCRONTAB expression in UTC that occurs, such as \"0 */5 * * * *\"";

    private static readonly CrontabSchedule.ParseOptions WithSeconds = new() { IncludingSeconds = true };

    // Two days of a schedule that runs each minute; years of one that runs once a month.
    private const int LookedAt = 2880;

    private readonly CrontabSchedule _crontab;

    private TimerSchedule(string text, CrontabSchedule crontab) => (Text, _crontab) = (text, crontab);

    /// <summary>The expression.</summary>
    public string Text { get; }

    /// <summary>Reads an expression.</summary>
    /// <param name="setting">The name of the setting.</param>
    /// <param name="text">The expression.</param>
    /// <exception cref="SettingException">The text is no expression, or it never occurs.</exception>
    public static TimerSchedule Read(string setting, string text) =>
        CrontabSchedule.TryParse(text, WithSeconds) is { } crontab && new TimerSchedule(text, crontab) is var schedule && schedule.NextAfter(DateTime.UnixEpoch) is not null
            ? schedule
            : throw SettingReader.Wrong(setting, text, Allowed);

    /// <summary>The first occurrence after a time, UTC; null = there is none.</summary>
    public DateTime? NextAfter(DateTime time) => _crontab.GetNextOccurrence(time) is var next && next < DateTime.MaxValue.Date ? next : null;

    /// <summary>The longest pause between two of the next few thousand occurrences.</summary>
    public TimeSpan LongestPause
    {
        get
        {
            var longest = TimeSpan.Zero;
            var last = NextAfter(DateTime.UnixEpoch);
            for (int i = 0; i < LookedAt && last is { } time && NextAfter(time) is { } next; i++)
            {
                longest = next - time > longest ? next - time : longest;
                last = next;
            }

            return longest;
        }
    }
}
