using System.Text.Json.Serialization;
using FlowQuota.Client.Administration;

namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The object <c>period</c> of create and change. A null has a meaning, so it is sent.</summary>
internal sealed record PeriodBody(PeriodUnit Unit, int Every, int Amount)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public DateTime? Anchor { get; init; }

    public string? TimeZone { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? CarryOver { get; init; }

    public static PeriodBody? Of(PeriodRule? rule) => rule is null ? null : new(rule.Unit, rule.Every, rule.Amount)
    {
        Anchor = rule.Anchor,
        TimeZone = rule.TimeZone,
        CarryOver = rule.CarriesAllOver ? null : rule.CarryOver,
    };
}
