using System.Text.Json.Serialization;
using FlowQuota.Functions.Http;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>A token as admins see it; <c>access_token</c> is the public id.</summary>
internal sealed record TokenView
{
    public long Id { get; init; }

    public required string? AccessToken { get; init; }

    public required string TokenId { get; init; }

    public required string WsId { get; init; }

    public required string Email { get; init; }

    /// <summary>What admins call it; left out if it has no name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Tags { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(JsonTextConverter))]
    public string? Metadata { get; init; }

    public required string CreatedAt { get; init; }

    public string? ExpiresAt { get; init; }

    public required string OperationType { get; init; }

    public bool IsActive { get; init; }

    public required string QuotaType { get; init; }

    public int? TotalQuota { get; init; }

    public int? RemainingQuota { get; init; }

    /// <summary>Units of the total that reservations hold; left out if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReservedQuota { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BoughtQuota { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PeriodView? Period { get; init; }

    public int? RateLimitPerMinute { get; init; }

    public int? RateLimitBurst { get; init; }

    public int RateLimitWindowSeconds { get; init; }

    public string? QuotaSyncedAt { get; init; }

    public required string UpdatedAt { get; init; }

    /// <summary>How often the token got a new secret; left out if it never did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Rotation { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RotatedAt { get; init; }

    /// <summary>Until when the earlier secret is good; left out if only the present one is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PreviousValidUntil { get; init; }

    /// <param name="token">The token.</param>
    /// <param name="clock">Formats its times.</param>
    /// <param name="shown">The value of <c>access_token</c>: the full token when it is created, the public id afterwards; null for a repeated create.</param>
    public static TokenView Of(AccessToken token, TimeZoneFormatter clock, string? shown) => new()
    {
        Id = token.Id,
        AccessToken = shown,
        TokenId = token.TokenId,
        WsId = token.WorkspaceId,
        Email = token.Email,
        Name = token.Name,
        Tags = token.Tags?.All,
        // What was damaged by hand is shown as none, because one token must not hide all others.
        Metadata = JsonTextConverter.IsJson(token.Metadata) ? token.Metadata : null,
        CreatedAt = clock.Format(token.CreatedAt),
        ExpiresAt = clock.Format(token.ExpiresAt),
        OperationType = TokenWords.Of(token.OperationType),
        IsActive = token.IsActive,
        QuotaType = TokenWords.Of(token.QuotaType),
        TotalQuota = token.TotalQuota,
        RemainingQuota = token.RemainingQuota,
        ReservedQuota = token.ReservedQuota,
        BoughtQuota = token.PeriodState?.BoughtOf(token.RemainingQuota ?? 0),
        Period = PeriodView.Of(token, clock),
        RateLimitPerMinute = token.RateLimitPerMinute,
        RateLimitBurst = token.RateLimitBurst,
        RateLimitWindowSeconds = token.RateLimitWindowSeconds,
        QuotaSyncedAt = clock.Format(token.QuotaSyncedAt),
        UpdatedAt = clock.Format(token.UpdatedAt),
        Rotation = token.Rotation,
        RotatedAt = clock.Format(token.RotatedAt),
        PreviousValidUntil = token.PreviousValidUntil > clock.UtcNow ? clock.Format(token.PreviousValidUntil) : null,
    };

    public static TokenView Of(AccessToken token, TimeZoneFormatter clock) => Of(token, clock, token.TokenId);
}
