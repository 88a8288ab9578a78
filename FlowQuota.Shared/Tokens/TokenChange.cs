using System.Text.Json;
using System.Text.Json.Serialization;
using FlowQuota.Ledger;

namespace FlowQuota.Tokens;

/// <summary>
/// An admin's change of a token; null = unchanged. Validated, except for conditions that depend on the token itself.
/// </summary>
public sealed record TokenChange
{
    private static readonly JsonSerializerOptions CanonicalForm = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    /// <summary>A new end date.</summary>
    public TokenExpiry? Expiry { get; init; }

    /// <summary>Enable or disable.</summary>
    public bool? IsActive { get; init; }

    /// <summary>Whether calls, time or both end the token from now on.</summary>
    public QuotaType? QuotaType { get; init; }

    /// <summary>Calls in one window; <see cref="OptionalLimit.Unchanged"/> = leave it.</summary>
    public OptionalLimit RateLimitPerMinute { get; init; }

    /// <summary>Calls in any one second; <see cref="OptionalLimit.Unchanged"/> = leave it.</summary>
    public OptionalLimit RateLimitBurst { get; init; }

    /// <summary>Length of the window.</summary>
    public int? RateLimitWindowSeconds { get; init; }

    /// <summary>How often the quota refills; null = unchanged.</summary>
    public PeriodRuleChange? Period { get; init; }

    /// <summary>The admin's name for the token.</summary>
    public OptionalValue<string> Name { get; init; }

    /// <summary>The admin's labels; those of before are replaced.</summary>
    public OptionalValue<TokenTags> Tags { get; init; }

    /// <summary>The text of a JSON object, which replaces that of before.</summary>
    public OptionalValue<string> Metadata { get; init; }

    /// <summary>A new secret, or the end of the earlier one; null = unchanged.</summary>
    public SecretChange? Secret { get; init; }

    /// <summary>The operation on the quota.</summary>
    public QuotaOperation QuotaOperation { get; init; }

    /// <summary>How many calls; null for a reset to the old total.</summary>
    public int? QuotaAmount { get; init; }

    /// <summary>True if any of the terms changes; the quota is not one of them.</summary>
    [JsonIgnore]
    public bool ChangesTerms =>
        Expiry is not null || IsActive is not null || QuotaType is not null || RateLimitPerMinute.IsGiven || RateLimitBurst.IsGiven
        || RateLimitWindowSeconds is not null || Period is not null || Secret is not null
        || Name.IsGiven || Tags.IsGiven || Metadata.IsGiven;

    /// <summary>The change as text, equal for equal changes; absent values are left out.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, CanonicalForm);

    /// <summary>The token with its new terms.</summary>
    /// <param name="token">The token before the change.</param>
    /// <param name="now">The current time, UTC.</param>
    public AccessToken Apply(AccessToken token, DateTime now)
    {
        var changed = token with
        {
            ExpiresAt = Expiry is null ? token.ExpiresAt : Expiry.Apply(token.ExpiresAt, now),
            OperationType = Expiry?.Operation ?? token.OperationType,
            IsActive = IsActive ?? token.IsActive,
            QuotaType = QuotaType ?? token.QuotaType,
            RateLimitPerMinute = RateLimitPerMinute.IsGiven ? RateLimitPerMinute.Value : token.RateLimitPerMinute,
            RateLimitBurst = RateLimitBurst.IsGiven ? RateLimitBurst.Value : token.RateLimitBurst,
            RateLimitWindowSeconds = RateLimitWindowSeconds ?? token.RateLimitWindowSeconds,
            Name = Name.Or(token.Name),
            Tags = Tags.Or(token.Tags),
            Metadata = Metadata.Or(token.Metadata),
            Period = Period is not null ? Period.Apply(token.Period) : (QuotaType ?? token.QuotaType) == Tokens.QuotaType.Time ? null : token.Period,
        };
        return Secret is null ? changed : Secret.Apply(changed, now);
    }
}
