using System.Text.Json.Serialization;

namespace FlowQuota.Client;

/// <summary>The quota of a token. Times are in the service's zone (its setting <c>FLOW_TIME_ZONE</c>), of unspecified kind.</summary>
public sealed record Quota
{
    /// <summary>What ends the token.</summary>
    [JsonPropertyName("quota_type")]
    public QuotaType Type { get; init; }

    /// <summary>Units granted; of a quota that refills, what the period began with. Null for a token without a quota.</summary>
    [JsonPropertyName("total_quota")]
    public int? Total { get; init; }

    /// <summary>Units left; null for a token without a quota.</summary>
    [JsonPropertyName("remaining_quota")]
    public int? Remaining { get; init; }

    /// <summary>Units used; of a quota that refills, in this period. 0 for a token without a quota.</summary>
    [JsonPropertyName("consumed_quota")]
    public int Consumed { get; init; }

    /// <summary>Units that reservations hold.</summary>
    [JsonPropertyName("reserved_quota")]
    public int Reserved { get; init; }

    /// <summary>How many of the units left were bought, and do not lapse with the period; null for a quota that does not refill.</summary>
    [JsonPropertyName("bought_quota")]
    public int? Bought { get; init; }

    /// <summary>How the quota refills; null if it does not.</summary>
    public QuotaPeriod? Period { get; init; }

    /// <summary>The end of the token; null if it has none.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>False for a disabled token.</summary>
    public bool IsActive { get; init; }
}
