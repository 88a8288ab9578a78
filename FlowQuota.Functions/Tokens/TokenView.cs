using FlowQuota.Functions.Http;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>A token as admins see it (contract, section 1, create); <c>access_token</c> is the public id.</summary>
internal sealed record TokenView
{
    public long Id { get; init; }

    public required string AccessToken { get; init; }

    public required string TokenId { get; init; }

    public required string WsId { get; init; }

    public required string Email { get; init; }

    public required string CreatedAt { get; init; }

    public string? ExpiresAt { get; init; }

    public required string OperationType { get; init; }

    public bool IsActive { get; init; }

    public required string QuotaType { get; init; }

    public int? TotalQuota { get; init; }

    public int? RemainingQuota { get; init; }

    public int? RateLimitPerMinute { get; init; }

    public int? RateLimitBurst { get; init; }

    public int RateLimitWindowSeconds { get; init; }

    public string? QuotaSyncedAt { get; init; }

    public required string UpdatedAt { get; init; }

    /// <param name="token">The token.</param>
    /// <param name="clock">Tells its times.</param>
    /// <param name="shown">What <c>access_token</c> shows: the full token once, when it is made; the public id ever after.</param>
    public static TokenView Of(AccessToken token, FlowClock clock, string shown) => new()
    {
        Id = token.Id,
        AccessToken = shown,
        TokenId = token.TokenId,
        WsId = token.WorkspaceId,
        Email = token.Email,
        CreatedAt = clock.Tell(token.CreatedAt),
        ExpiresAt = clock.Tell(token.ExpiresAt),
        OperationType = TokenWords.Of(token.OperationType),
        IsActive = token.IsActive,
        QuotaType = TokenWords.Of(token.QuotaType),
        TotalQuota = token.TotalQuota,
        RemainingQuota = token.RemainingQuota,
        RateLimitPerMinute = token.RateLimitPerMinute,
        RateLimitBurst = token.RateLimitBurst,
        RateLimitWindowSeconds = token.RateLimitWindowSeconds,
        QuotaSyncedAt = clock.Tell(token.QuotaSyncedAt),
        UpdatedAt = clock.Tell(token.UpdatedAt),
    };

    public static TokenView Of(AccessToken token, FlowClock clock) => Of(token, clock, token.TokenId);
}
