using FlowQuota.Errors;
using FlowQuota.Periods;

namespace FlowQuota.Tokens;

/// <summary>An admin's change of the periods of a token; what is not given stays as it is.</summary>
public sealed record PeriodRuleChange
{
    /// <summary>Ends the periods: what is left stays. Nothing else is given then.</summary>
    public bool Ends { get; init; }

    /// <summary>What the length of a period is counted in; null = unchanged.</summary>
    public PeriodUnit? Unit { get; init; }

    /// <summary>How many units long a period is; null = unchanged, or 1 if the unit changes.</summary>
    public int? Every { get; init; }

    /// <summary>What a period begins with; null = unchanged.</summary>
    public int? Amount { get; init; }

    /// <summary>Whether <see cref="Anchor"/> is given.</summary>
    public bool HasAnchor { get; init; }

    /// <summary>The local time, in the zone, from which periods are counted; null = by the calendar.</summary>
    public DateTime? Anchor { get; init; }

    /// <summary>The IANA name of the zone; null = unchanged.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The zone of periods that begin with this change, unless <see cref="TimeZone"/> is given.</summary>
    public required string DefaultTimeZone { get; init; }

    /// <summary>Whether <see cref="CarryOver"/> is given.</summary>
    public bool HasCarryOver { get; init; }

    /// <summary>How much of a period may pass into the next; null = all.</summary>
    public int? CarryOver { get; init; }

    /// <summary>The rule after the change; null = no periods.</summary>
    /// <param name="rule">The rule before; null = none.</param>
    /// <exception cref="InvalidFieldException">A rule begins without unit or amount, or its periods are too long.</exception>
    public PeriodRule? Apply(PeriodRule? rule)
    {
        if (Ends)
            return null;
        var unit = Unit ?? rule?.Unit ?? throw Missing("unit");
        string zone = TimeZone ?? rule?.TimeZone ?? DefaultTimeZone;
        if (!WallClock.TryFind(zone, out var clock))
            throw new InvalidFieldException("period.time_zone", $"is missing; {zone}, which FLOW_TIME_ZONE names, is not in the IANA database");
        var changed = new PeriodRule(
            unit,
            Every ?? (rule is not null && rule.Unit == unit ? rule.Every : 1),
            Amount ?? rule?.Amount ?? throw Missing("amount"),
            HasAnchor ? AnchorIn(clock) : rule?.Anchor,
            zone,
            HasCarryOver ? CarryOver : rule is null ? 0 : rule.CarryOver);
        return changed.Every <= PeriodRule.MostOf(unit)
            ? changed
            : throw new InvalidFieldException("period.every", $"must be a whole number from 1 to {PeriodRule.MostOf(unit)} for this unit");
    }

    private DateTime? AnchorIn(WallClock clock) => Anchor is { } local ? clock.InstantOf(local) : null;

    private static InvalidFieldException Missing(string field) =>
        new($"period.{field}", "is missing; a token that has no period yet needs unit and amount");
}
