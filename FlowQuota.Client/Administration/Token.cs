using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowQuota.Client.Administration;

/// <summary>A token as admins see it. Times are in the service's zone (its setting <c>FLOW_TIME_ZONE</c>), of unspecified kind.</summary>
public sealed record Token
{
    /// <summary>The public id.</summary>
    public required string TokenId { get; init; }

    /// <summary>Whose it is.</summary>
    [JsonPropertyName("ws_id")]
    public required string WorkspaceId { get; init; }

    /// <summary>An e-mail address.</summary>
    public required string Email { get; init; }

    /// <summary>What admins call it; null = nothing.</summary>
    public string? Name { get; init; }

    /// <summary>Its labels; empty if it has none.</summary>
    public IReadOnlyList<string> Tags
    {
        get;
        // A generated reader sets what is missing to null.
        init => field = value ?? [];
    } = [];

    /// <summary>A JSON object; null = none.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>When it was created.</summary>
    public DateTime CreatedAt { get; init; }

    /// <summary>When it was changed.</summary>
    public DateTime UpdatedAt { get; init; }

    /// <summary>Its end; null if it has none.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>False if it is disabled.</summary>
    public bool IsActive { get; init; }

    /// <summary>What ends it.</summary>
    public QuotaType QuotaType { get; init; }

    /// <summary>Units granted; null for a token without a quota.</summary>
    public int? TotalQuota { get; init; }

    /// <summary>Units left; null for a token without a quota.</summary>
    public int? RemainingQuota { get; init; }

    /// <summary>Units that reservations hold.</summary>
    public int ReservedQuota { get; init; }

    /// <summary>How many of the units left were bought; null for a quota that does not refill.</summary>
    public int? BoughtQuota { get; init; }

    /// <summary>How the quota refills; null if it does not.</summary>
    public QuotaPeriod? Period { get; init; }

    /// <summary>Calls in a window; null = no limit.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>Calls in any one second; null = no limit.</summary>
    public int? RateLimitBurst { get; init; }

    /// <summary>The window of <see cref="RateLimitPerMinute"/> in seconds.</summary>
    public int RateLimitWindowSeconds { get; init; }

    /// <summary>How often it got a new secret.</summary>
    public int Rotation { get; init; }

    /// <summary>When it got its present secret; null if it has its first.</summary>
    public DateTime? RotatedAt { get; init; }

    /// <summary>Until when the earlier secret is good; null if only the present one is.</summary>
    public DateTime? PreviousValidUntil { get; init; }
}
