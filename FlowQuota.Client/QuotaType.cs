using System.Text.Json.Serialization;
using FlowQuota.Client.Transport;

namespace FlowQuota.Client;

/// <summary>What ends a token.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<QuotaType>))]
public enum QuotaType
{
    /// <summary>Its end date. It has no quota.</summary>
    Time,

    /// <summary>Its quota.</summary>
    Count,

    /// <summary>Its quota or its end date, whichever comes first.</summary>
    Hybrid,
}
