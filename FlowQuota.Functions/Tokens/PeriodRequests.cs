using FlowQuota.Functions.Http;
using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>Reads and checks the object <c>period</c> in the bodies of create and change.</summary>
internal static class PeriodRequests
{
    private const string Name = "period";

    private static readonly string[] Fields = ["unit", "every", "amount", "anchor", "time_zone", "carry_over"];

    // The field's own maximum if the body does not say of which unit.
    private static readonly int MostEvery = Enum.GetValues<PeriodUnit>().Max(PeriodRule.MostOf);

    /// <summary>The rule of a new token; null if it has none.</summary>
    public static PeriodRule? ReadNew(JsonBody body, TimeZoneFormatter clock) =>
        ReadChange(body, clock) is { Ends: false } change ? change.Apply(null) : null;

    /// <summary>The change of a token's rule; null if there is none. <c>"period":null</c> ends the periods.</summary>
    public static PeriodRuleChange? ReadChange(JsonBody body, TimeZoneFormatter clock)
    {
        if (!body.Has(Name))
            return null;
        if (body.OptionalObject(Name, Fields) is not { } period)
            return new PeriodRuleChange { Ends = true, DefaultTimeZone = clock.ZoneId };
        if (!Fields.Any(period.Has))
            throw body.Invalid(Name, $"must have at least one of {string.Join(", ", Fields)}");

        var unit = period.OptionalChoice("unit", TokenWords.PeriodUnits);
        return new PeriodRuleChange
        {
            Unit = unit,
            Every = period.OptionalNumber("every", 1, unit is { } known ? PeriodRule.MostOf(known) : MostEvery),
            Amount = period.OptionalNumber("amount", 1, int.MaxValue),
            HasAnchor = period.Has("anchor"),
            Anchor = Anchor(period),
            TimeZone = TimeZone(period),
            DefaultTimeZone = clock.ZoneId,
            HasCarryOver = period.Has("carry_over"),
            CarryOver = period.OptionalNumber("carry_over", 0, int.MaxValue),
        };
    }

    private static DateTime? Anchor(JsonFields period)
    {
        const string name = "anchor";
        if (period.OptionalString(name) is not { } text)
            return null;
        return TimeZoneFormatter.TryParseLocal(text, out var local, out _)
            ? local
            : throw period.Invalid(name, "must be null, or a date from 1970 on: yyyy-MM-dd or yyyy-MM-dd HH:mm:ss");
    }

    private static string? TimeZone(JsonFields period)
    {
        const string name = "time_zone";
        string? id = period.OptionalString(name);
        return id is null || WallClock.TryFind(id, out _)
            ? id
            : throw period.Invalid(name, "must be a time zone of the IANA database, such as Europe/Berlin");
    }
}
