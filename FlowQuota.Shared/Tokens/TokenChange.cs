using System.Text.Json;
using System.Text.Json.Serialization;
using FlowQuota.Quotas;

namespace FlowQuota.Tokens;

/// <summary>What an admin asks to change; null = leave it. Checked but for what depends on the token itself.</summary>
public sealed record TokenChange
{
    private static readonly JsonSerializerOptions CanonicalForm = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>A new end date.</summary>
    public TokenExpiry? Expiry { get; init; }

    /// <summary>Enable or disable.</summary>
    public bool? IsActive { get; init; }

    /// <summary>What ends the token from now on.</summary>
    public QuotaType? QuotaType { get; init; }

    /// <summary>Calls in one window; <see cref="OptionalLimit.Unchanged"/> = leave it.</summary>
    public OptionalLimit RateLimitPerMinute { get; init; }

    /// <summary>Calls in any one second; <see cref="OptionalLimit.Unchanged"/> = leave it.</summary>
    public OptionalLimit RateLimitBurst { get; init; }

    /// <summary>Length of the window.</summary>
    public int? RateLimitWindowSeconds { get; init; }

    /// <summary>What to do to the quota.</summary>
    public QuotaOperation QuotaOperation { get; init; }

    /// <summary>How many calls; null for a reset to the old total.</summary>
    public int? QuotaAmount { get; init; }

    /// <summary>True where any of the terms is to change, the quota apart.</summary>
    [JsonIgnore]
    public bool ChangesTerms =>
        Expiry is not null || IsActive is not null || QuotaType is not null || RateLimitPerMinute.IsGiven || RateLimitBurst.IsGiven
        || RateLimitWindowSeconds is not null;

    /// <summary>The change in one form, the same for all equal changes: what is not given is left out.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, CanonicalForm);

    /// <summary>The token with its new terms.</summary>
    /// <param name="token">The token until now.</param>
    /// <param name="now">The present, UTC.</param>
    public AccessToken Apply(AccessToken token, DateTime now) => token with
    {
        ExpiresAt = Expiry is null ? token.ExpiresAt : Expiry.Apply(token.ExpiresAt, now),
        OperationType = Expiry?.Operation ?? token.OperationType,
        IsActive = IsActive ?? token.IsActive,
        QuotaType = QuotaType ?? token.QuotaType,
        RateLimitPerMinute = RateLimitPerMinute.IsGiven ? RateLimitPerMinute.Value : token.RateLimitPerMinute,
        RateLimitBurst = RateLimitBurst.IsGiven ? RateLimitBurst.Value : token.RateLimitBurst,
        RateLimitWindowSeconds = RateLimitWindowSeconds ?? token.RateLimitWindowSeconds,
    };
}
