using System.Text.Json;

namespace FlowQuota.Client.Administration;

/// <summary>A token to create.</summary>
/// <param name="WorkspaceId">Whose it is: a text of 1-255 characters.</param>
/// <param name="Email">An e-mail address of at most 255 characters.</param>
public sealed record NewToken(string WorkspaceId, string Email)
{
    /// <summary>What ends it; by default its end date alone.</summary>
    public QuotaType QuotaType { get; init; }

    /// <summary>Units, 1 or more: required for <c>Count</c> and <c>Hybrid</c> without <see cref="Period"/>, not allowed for <c>Time</c>.</summary>
    public int? TotalQuota { get; init; }

    /// <summary>How the quota refills; null = it does not.</summary>
    public PeriodRule? Period { get; init; }

    /// <summary>It ends after so many days, 1-36,500. Without it and <see cref="ExpiresAt"/>, it has no end.</summary>
    public int? Days { get; init; }

    /// <summary>It ends at this time in the service's zone (its setting <c>FLOW_TIME_ZONE</c>), to the second; the kind is not looked at.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>Calls in a window, 1 or more; null = no limit.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>Calls in any one second, 1 or more; null = no limit.</summary>
    public int? RateLimitBurst { get; init; }

    /// <summary>The window of <see cref="RateLimitPerMinute"/> in seconds, 1-86,400; null = 60.</summary>
    public int? RateLimitWindowSeconds { get; init; }

    /// <summary>What admins call it: 1-100 characters; null = nothing.</summary>
    public string? Name { get; init; }

    /// <summary>At most 16 labels, each 1-64 of <c>A-Za-z0-9._:-</c>; null = none.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>A JSON object of at most 4,096 bytes; null = none.</summary>
    public JsonElement? Metadata { get; init; }
}
