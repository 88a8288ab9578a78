using System.Globalization;

namespace FlowQuota.Periods;

/// <summary>How often a quota refills, and with how much.</summary>
/// <param name="Unit">What the length of a period is counted in.</param>
/// <param name="Every">How many units long a period is; 1 to <see cref="MostOf"/>.</param>
/// <param name="Amount">What a period begins with; at least 1.</param>
/// <param name="Anchor">
/// The instant from which periods are counted, UTC, whole milliseconds; null = by the calendar: local midnight, Monday, the
/// 1st, 1 January.
/// </param>
/// <param name="TimeZone">The IANA name of the zone whose days, weeks, months and years count.</param>
/// <param name="CarryOver">How much of a period may pass into the next; null = all.</param>
public sealed record PeriodRule(PeriodUnit Unit, int Every, int Amount, DateTime? Anchor, string TimeZone, int? CarryOver)
{
    private const string NoAnchor = "-";
    private const string AllCarriesOver = "*";

    private static readonly string[] Units = ["hour", "day", "week", "month", "year"];

    /// <summary>The largest <see cref="Every"/> of a unit.</summary>
    public static int MostOf(PeriodUnit unit) => unit switch
    {
        PeriodUnit.Hour => 8760,
        PeriodUnit.Day => 366,
        PeriodUnit.Week => 52,
        PeriodUnit.Month => 24,
        PeriodUnit.Year => 5,
    };

    /// <summary>
    /// The rule as one line, without a colon, brace or quotation mark: unit, every, amount, anchor in milliseconds since 1970,
    /// zone, carry-over. <c>month 1 10000 - Europe/Berlin 2000</c>; <c>*</c> at the end = all carries over.
    /// </summary>
    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Units[(int)Unit]} {Every} {Amount} {AnchorText()} {TimeZone} {CarryOver?.ToString(CultureInfo.InvariantCulture) ?? AllCarriesOver}");

    /// <summary>Reads what <see cref="ToText"/> wrote.</summary>
    /// <returns>Null if there is no text, because a token without periods has none.</returns>
    /// <exception cref="FormatException">The text is not a rule, or its zone is unknown.</exception>
    public static PeriodRule? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        string[] words = text.Split(' ');
        if (words.Length != 6 || Array.IndexOf(Units, words[0]) is not (>= 0 and var unit) || !WallClock.TryFind(words[4], out _))
            throw Damaged(text);
        return new PeriodRule(
            (PeriodUnit)unit,
            Number(words[1], 1, MostOf((PeriodUnit)unit)),
            Number(words[2], 1, int.MaxValue),
            words[3] == NoAnchor ? null : AnchorOf(words[3]),
            words[4],
            words[5] == AllCarriesOver ? null : Number(words[5], 0, int.MaxValue));

        int Number(string word, int least, int most) =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
                ? value
                : throw Damaged(text);

        DateTime AnchorOf(string word) => UnixTime.TryParse(word, out var anchor) ? anchor : throw Damaged(text);
    }

    /// <summary>Reads what <see cref="ToText"/> wrote; null also if it is damaged or its zone is unknown.</summary>
    public static PeriodRule? TryParse(string? text)
    {
        try
        {
            return Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The period that contains an instant.</summary>
    /// <param name="instant">UTC.</param>
    public PeriodBounds PeriodAt(DateTime instant)
    {
        PeriodCalendar calendar = new(this);
        long index = calendar.IndexAt(instant);
        return new PeriodBounds(calendar.BoundaryAt(index), calendar.BoundaryAt(index + 1));
    }

    /// <summary>What is due to a balance whose period is over.</summary>
    /// <param name="endsAt">When the balance's period ended, UTC; an earlier rule may have set it.</param>
    /// <param name="now">UTC; not before <paramref name="endsAt"/>.</param>
    public PeriodTurn Turn(DateTime endsAt, DateTime now)
    {
        PeriodCalendar calendar = new(this);
        int further = calendar.CountBetween(endsAt, now);
        long index = calendar.IndexAt(now);
        return new PeriodTurn(1 + further, further == 0 ? endsAt : calendar.BoundaryAt(index), calendar.BoundaryAt(index + 1));
    }

    private string AnchorText() => Anchor is { } anchor
        ? UnixTime.Of(anchor).ToString(CultureInfo.InvariantCulture)
        : NoAnchor;

    private static FormatException Damaged(string text) => new($"'{text}' is not a rule of periods, or its time zone is unknown.");
}
