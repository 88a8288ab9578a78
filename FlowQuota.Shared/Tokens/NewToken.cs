using FlowQuota.Periods;

namespace FlowQuota.Tokens;

/// <summary>The validated properties of a token to be made.</summary>
public sealed record NewToken
{
    /// <summary>The owner's workspace.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>The owner's e-mail address.</summary>
    public required string Email { get; init; }

    /// <summary>The admin's name for it, 1-100 characters; null = none. Never interpreted and never logged.</summary>
    public string? Name { get; init; }

    /// <summary>The admin's labels; null = none. Never logged.</summary>
    public TokenTags? Tags { get; init; }

    /// <summary>What the admin keeps with it: the text of a JSON object; null = nothing. Never interpreted and never logged.</summary>
    public string? Metadata { get; init; }

    /// <summary>Its end date.</summary>
    public required TokenExpiry Expiry { get; init; }

    /// <summary>Whether calls, time or both end it.</summary>
    public required QuotaType QuotaType { get; init; }

    /// <summary>Calls granted; null for <see cref="QuotaType.Time"/> alone.</summary>
    public int? TotalQuota { get; init; }

    /// <summary>How often the quota refills; null = never. <see cref="TotalQuota"/> is its amount then.</summary>
    public PeriodRule? Period { get; init; }

    /// <summary>Calls in one window; null = no limit.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>Calls in any one second; null = no burst limit.</summary>
    public int? RateLimitBurst { get; init; }

    /// <summary>Length of the window.</summary>
    public int RateLimitWindowSeconds { get; init; } = 60;
}
