using System.Text.Json.Serialization;
using FlowQuota.Client.Transport;

namespace FlowQuota.Client;

/// <summary>A unit in which periods of a quota are counted.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<PeriodUnit>))]
public enum PeriodUnit
{
    /// <summary>3,600 seconds.</summary>
    Hour,

    /// <summary>A day of the time zone.</summary>
    Day,

    /// <summary>Seven days; by the calendar, from Monday.</summary>
    Week,

    /// <summary>A month.</summary>
    Month,

    /// <summary>A year.</summary>
    Year,
}
