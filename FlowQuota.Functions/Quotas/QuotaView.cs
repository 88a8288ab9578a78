using System.Text.Json.Serialization;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Quotas;

/// <summary>The quota of a token; <c>stale</c> is returned to admins only, and only if it is true.</summary>
/// <param name="QuotaType">What ends the token: <c>time</c>, <c>count</c> or <c>hybrid</c>.</param>
/// <param name="TotalQuota">Units granted; null for a token without a quota.</param>
/// <param name="RemainingQuota">Units left; null for a token without a quota.</param>
/// <param name="ConsumedQuota">Units used; 0 for a token without a quota.</param>
/// <param name="QuotaSyncedAt">Up to when SQL has the quota; null = it never had it.</param>
/// <param name="ExpiresAt">When the token ends; null = never.</param>
/// <param name="IsActive">False if an admin disabled the token.</param>
internal sealed record QuotaView(
    string QuotaType, int? TotalQuota, int? RemainingQuota, int ConsumedQuota, string? QuotaSyncedAt, string? ExpiresAt, bool IsActive)
{
    /// <summary>True if Redis was unavailable and the values are the latest in SQL.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stale { get; init; }

    /// <summary>Units of the total that reservations hold; left out if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReservedQuota { get; init; }

    /// <summary>How many of the remaining units were bought, and do not lapse with the period; null for a token without periods.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BoughtQuota { get; init; }

    /// <summary>How the quota refills; null for a token without periods.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PeriodView? Period { get; init; }

    public static QuotaView Of(AccessToken token, TimeZoneFormatter clock, bool stale) => new(
        TokenWords.Of(token.QuotaType), token.TotalQuota, token.RemainingQuota,
        (token.TotalQuota ?? 0) - (token.RemainingQuota ?? 0) - token.ReservedQuota, clock.Format(token.QuotaSyncedAt), clock.Format(token.ExpiresAt), token.IsActive)
    {
        Stale = stale,
        ReservedQuota = token.ReservedQuota,
        BoughtQuota = token.PeriodState?.BoughtOf(token.RemainingQuota ?? 0),
        Period = PeriodView.Of(token, clock),
    };
}
