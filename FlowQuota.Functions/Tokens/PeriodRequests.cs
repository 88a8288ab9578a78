using FlowQuota.Functions.Http;
using FlowQuota.Functions.Requests;
using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>Reads and checks the object <c>period</c> in the bodies of create and change.</summary>
internal static class PeriodRequests
{
    private static readonly ChoiceField<PeriodUnit> Unit = new("unit", TokenWords.PeriodUnits, "The unit of a period; a new token needs one.");

    // The field's own maximum if the body does not say of which unit.
    private static readonly NumberField Every = new("every", 1, Enum.GetValues<PeriodUnit>().Max(PeriodRule.MostOf),
        "Units of a period; 1 by default. At most 8,760 hours, 366 days, 52 weeks, 24 months or 5 years.");

    private static readonly NumberField Amount = new("amount", 1, int.MaxValue, "Units that each period begins with; a new token needs it.");

    private static readonly StringField AnchorField = new("anchor", "The date, in time_zone, from which periods are counted; null (default) = by the calendar.")
    {
        Pattern = StringField.DatePattern,
        Expected = "must be null, or a date from 1970 on: yyyy-MM-dd or yyyy-MM-dd HH:mm:ss",
    };

    private static readonly StringField TimeZoneField = new("time_zone", "The IANA zone whose days, weeks, months and years count; FLOW_TIME_ZONE by default.")
    {
        IsValid = id => WallClock.TryFind(id, out _),
        Expected = "must be a time zone of the IANA database, such as Europe/Berlin",
    };

    private static readonly NumberField CarryOver = new("carry_over", 0, int.MaxValue, "Units that may pass into the next period; 0 by default, null = all.");

    private static readonly FieldSet Fields = [Unit, Every, Amount, AnchorField, TimeZoneField, CarryOver];

    /// <summary>The field.</summary>
    public static readonly ObjectField Field = new("period", Fields, "How the quota refills. In a change, fields that are left out stay as they are, and null ends the periods.");

    /// <summary>The rule of a new token; null if it has none.</summary>
    public static PeriodRule? ReadNew(JsonBody body, TimeZoneFormatter clock) =>
        ReadChange(body, clock) is { Ends: false } change ? change.Apply(null) : null;

    /// <summary>The change of a token's rule; null if there is none. <c>"period":null</c> ends the periods.</summary>
    public static PeriodRuleChange? ReadChange(JsonBody body, TimeZoneFormatter clock)
    {
        if (!body.Has(Field))
            return null;
        if (body.OptionalObject(Field) is not { } period)
            return new PeriodRuleChange { Ends = true, DefaultTimeZone = clock.ZoneId };
        if (!Fields.Any(period.Has))
            throw body.Invalid(Field.Name, $"must have at least one of {string.Join(", ", Fields.Names)}");

        var unit = period.OptionalChoice(Unit);
        return new PeriodRuleChange
        {
            Unit = unit,
            Every = period.OptionalNumber(unit is { } known ? Every with { Max = PeriodRule.MostOf(known) } : Every),
            Amount = period.OptionalNumber(Amount),
            HasAnchor = period.Has(AnchorField),
            Anchor = Anchor(period),
            TimeZone = period.OptionalString(TimeZoneField),
            DefaultTimeZone = clock.ZoneId,
            HasCarryOver = period.Has(CarryOver),
            CarryOver = period.OptionalNumber(CarryOver),
        };
    }

    private static DateTime? Anchor(JsonFields period)
    {
        if (period.OptionalString(AnchorField) is not { } text)
            return null;
        return TimeZoneFormatter.TryParseLocal(text, out var local, out _)
            ? local
            : throw period.Invalid(AnchorField.Name, AnchorField.Expected);
    }
}
