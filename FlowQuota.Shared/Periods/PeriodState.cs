using System.Globalization;

namespace FlowQuota.Periods;

/// <summary>The period that a balance is in, as of its last change. All times are UTC, to the millisecond.</summary>
/// <param name="Index">Number of the period, from 1.</param>
/// <param name="StartsAt">Its first instant.</param>
/// <param name="EndsAt">Its end; the next period begins then.</param>
/// <param name="Amount">Units that the rule grants for it, 1 or more.</param>
/// <param name="Bought">
/// Most units of the balance that were bought. No call writes it, so <see cref="BoughtOf"/> tells how many are left.
/// </param>
public sealed record PeriodState(int Index, DateTime StartsAt, DateTime EndsAt, int Amount, int Bought)
{
    private const int Parts = 5;

    /// <summary>The first period of a token.</summary>
    /// <param name="rule">Its rule.</param>
    /// <param name="now">The instant from which the rule applies.</param>
    public static PeriodState Begin(PeriodRule rule, DateTime now)
    {
        var bounds = rule.PeriodAt(now);
        return new PeriodState(1, bounds.StartsAt, bounds.EndsAt, rule.Amount, Bought: 0);
    }

    /// <summary>How many of the remaining units were bought: the period's units are used first.</summary>
    /// <param name="remaining">Units left.</param>
    public int BoughtOf(int remaining) => Math.Min(remaining, Bought);

    /// <summary>Ends this period, and all others up to <paramref name="now"/>, in which no call was made.</summary>
    /// <param name="rule">The rule from <see cref="EndsAt"/> on.</param>
    /// <param name="remaining">Units left.</param>
    /// <param name="now">The current time, not before <see cref="EndsAt"/>.</param>
    public PeriodEnd End(PeriodRule rule, int remaining, DateTime now)
    {
        var turn = rule.Turn(EndsAt, now);
        int bought = BoughtOf(remaining);
        long most = rule.CarryOver ?? int.MaxValue, unused = remaining - bought;
        long carried = Math.Min(unused, most);
        // Each of the periods between was granted in full and ended unused, so the last of them carried over what it could.
        long carriedLast = Math.Min(unused + ((turn.Periods - 1L) * rule.Amount), most);
        long refilled = Math.Min(carriedLast + rule.Amount - carried, int.MaxValue - bought - carried);
        return new PeriodEnd(
            turn.Periods, (int)(unused - carried), (int)refilled,
            new PeriodState(Index + turn.Periods, turn.StartsAt, turn.EndsAt, rule.Amount, bought));
    }

    /// <summary>The state as Redis and both tables hold it: <c>index:starts:ends:amount:bought</c>, times in ms since 1970.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture,
        $"{Index}:{UnixTime.Of(StartsAt)}:{UnixTime.Of(EndsAt)}:{Amount}:{Bought}");

    /// <summary>Reads what <see cref="ToText"/> writes; null for null or an empty text.</summary>
    /// <exception cref="FormatException">The text is damaged.</exception>
    public static PeriodState? Parse(string? text) => string.IsNullOrEmpty(text)
        ? null
        : TryParse(text) ?? throw new FormatException($"\"{text}\" is not the state of a period.");

    /// <summary>Reads what <see cref="ToText"/> writes; null also if it is damaged.</summary>
    public static PeriodState? TryParse(string? text) =>
        text?.Split(':') is { Length: Parts } parts
            && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int index) && UnixTime.TryParse(parts[1], out var starts)
            && UnixTime.TryParse(parts[2], out var ends) && int.TryParse(parts[3], CultureInfo.InvariantCulture, out int amount)
            && int.TryParse(parts[4], CultureInfo.InvariantCulture, out int bought)
                ? new PeriodState(index, starts, ends, amount, bought)
                : null;
}
