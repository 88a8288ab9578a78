namespace FlowQuota.Client.Administration;

/// <summary>What a change can take away from a token.</summary>
[Flags]
public enum TokenFields
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The end: the token has none from then on.</summary>
    ExpiresAt = 1,

    /// <summary>The limit of calls in a window.</summary>
    RateLimitPerMinute = 2,

    /// <summary>The limit of calls in any one second.</summary>
    RateLimitBurst = 4,

    /// <summary>The periods: the quota refills no more, and what is left stays.</summary>
    Period = 8,

    /// <summary>The name.</summary>
    Name = 16,

    /// <summary>All tags.</summary>
    Tags = 32,

    /// <summary>The metadata.</summary>
    Metadata = 64,
}
