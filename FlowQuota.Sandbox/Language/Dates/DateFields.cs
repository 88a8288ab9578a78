using Jint;
using Jint.Native.Object;

namespace FlowQuota.Sandbox.Language.Dates;

/// <summary>The fields of an <c>Intl.DateTimeFormat</c>, in the words of its options; null = not shown.</summary>
/// <param name="DateStyle">The style of the whole date.</param>
/// <param name="TimeStyle">The style of the whole time.</param>
/// <param name="Weekday">The day of the week.</param>
/// <param name="Year">The year.</param>
/// <param name="Month">The month.</param>
/// <param name="Day">The day of the month.</param>
/// <param name="Hour">The hour.</param>
/// <param name="Minute">The minute.</param>
/// <param name="Second">The second.</param>
/// <param name="Hours">The code's choice: <c>12</c>, <c>24</c> or a cycle such as <c>h23</c>; null = the language's.</param>
internal sealed record DateFields(
    string? DateStyle, string? TimeStyle, string? Weekday, string? Year, string? Month, string? Day, string? Hour, string? Minute, string? Second, string? Hours)
{
    // Options that none of our patterns has.
    private static readonly string[] Others = ["era", "dayPeriod", "fractionalSecondDigits", "timeZoneName"];

    /// <summary>Whether anything of the date is shown.</summary>
    public bool HasDate => (DateStyle ?? Weekday ?? Year ?? Month ?? Day) is not null;

    /// <summary>Whether anything of the time is shown.</summary>
    public bool HasTime => (TimeStyle ?? Hour ?? Minute ?? Second) is not null;

    /// <summary>Reads the result of <c>resolvedOptions</c>; null if the format shows a field that none of our patterns has.</summary>
    /// <param name="resolved">The result.</param>
    /// <param name="hours">The code's choice.</param>
    public static DateFields? Read(ObjectInstance resolved, string? hours) =>
        TextOf(resolved, "calendar") is not "gregory" || TextOf(resolved, "numberingSystem") is not "latn" || Others.Any(name => TextOf(resolved, name) is not null)
            ? null
            : new DateFields(
                TextOf(resolved, "dateStyle"), TextOf(resolved, "timeStyle"), TextOf(resolved, "weekday"), TextOf(resolved, "year"), TextOf(resolved, "month"),
                TextOf(resolved, "day"), TextOf(resolved, "hour"), TextOf(resolved, "minute"), TextOf(resolved, "second"), hours);

    /// <summary>An option as text; null if it is undefined.</summary>
    public static string? TextOf(ObjectInstance options, string name) =>
        options.Get(name) is { } value && !value.IsUndefined() ? value.ToString() : null;
}
