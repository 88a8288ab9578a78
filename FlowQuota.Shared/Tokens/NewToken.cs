namespace FlowQuota.Tokens;

/// <summary>What an admin asks of a new token; checked.</summary>
public sealed record NewToken
{
    /// <summary>The owner's workspace.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>The owner's e-mail address.</summary>
    public required string Email { get; init; }

    /// <summary>Its end date.</summary>
    public required TokenExpiry Expiry { get; init; }

    /// <summary>What ends it.</summary>
    public required QuotaType QuotaType { get; init; }

    /// <summary>Calls granted; null for <see cref="QuotaType.Time"/> alone.</summary>
    public int? TotalQuota { get; init; }

    /// <summary>Calls in one window; null = no limit.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>Calls in any one second; null = no burst limit.</summary>
    public int? RateLimitBurst { get; init; }

    /// <summary>Length of the window.</summary>
    public int RateLimitWindowSeconds { get; init; } = 60;
}
