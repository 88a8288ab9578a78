using System.Text.Json.Serialization;
using FlowQuota.Functions.Http;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Tokens;

/// <summary>A token as admins see it; <c>access_token</c> is the public id.</summary>
internal sealed record TokenView
{
    /// <summary>Number of the token in SQL.</summary>
    public long Id { get; init; }

    /// <summary>The full token in the response to its creation or rotation, null in a repeat of that; the public id everywhere else.</summary>
    public required string? AccessToken { get; init; }

    /// <summary>The public id.</summary>
    public required string TokenId { get; init; }

    /// <summary>The workspace that it belongs to.</summary>
    public required string WsId { get; init; }

    /// <summary>The e-mail address of its owner.</summary>
    public required string Email { get; init; }

    /// <summary>What admins call it; left out if it has no name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Its labels; left out if it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>The object that admins gave it, as it was sent; left out if it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonConverter(typeof(JsonTextConverter))]
    public string? Metadata { get; init; }

    /// <summary>When it was created.</summary>
    public required string CreatedAt { get; init; }

    /// <summary>When it ends; null = never.</summary>
    public string? ExpiresAt { get; init; }

    /// <summary>How the end was last set: <c>add</c>, <c>set</c> or <c>unlimited</c>.</summary>
    public required string OperationType { get; init; }

    /// <summary>False if an admin disabled it.</summary>
    public bool IsActive { get; init; }

    /// <summary>What ends it: <c>time</c>, <c>count</c> or <c>hybrid</c>.</summary>
    public required string QuotaType { get; init; }

    /// <summary>Units granted; null for a token without a quota.</summary>
    public int? TotalQuota { get; init; }

    /// <summary>Units left; null for a token without a quota.</summary>
    public int? RemainingQuota { get; init; }

    /// <summary>Units of the total that reservations hold; left out if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReservedQuota { get; init; }

    /// <summary>How many of the remaining units were bought, and do not lapse with the period; left out without periods.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BoughtQuota { get; init; }

    /// <summary>How the quota refills; left out without periods.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PeriodView? Period { get; init; }

    /// <summary>Calls in a window; null = no limit.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>Calls in any one second; null = no limit.</summary>
    public int? RateLimitBurst { get; init; }

    /// <summary>Seconds of the window.</summary>
    public int RateLimitWindowSeconds { get; init; }

    /// <summary>Up to when SQL has the quota; null = it never had it.</summary>
    public string? QuotaSyncedAt { get; init; }

    /// <summary>When an admin last changed it.</summary>
    public required string UpdatedAt { get; init; }

    /// <summary>How often the token got a new secret; left out if it never did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Rotation { get; init; }

    /// <summary>When it last got a new secret; left out if it never did.</summary>
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
