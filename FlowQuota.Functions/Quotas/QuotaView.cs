using FlowQuota.Functions.Http;
using FlowQuota.Functions.Tokens;
using FlowQuota.Tokens;

namespace FlowQuota.Functions.Quotas;

/// <summary>The quota of a token (contract, section 1, quota); <c>stale</c> is told to admins alone, and only where it is true.</summary>
internal sealed record QuotaView(
    string QuotaType, int? TotalQuota, int? RemainingQuota, int ConsumedQuota, string? QuotaSyncedAt, string? ExpiresAt, bool IsActive)
{
    /// <summary>True where Redis could not be asked, so that SQL's last word is told.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stale { get; init; }

    public static QuotaView Of(AccessToken token, FlowClock clock, bool stale) => new(
        TokenWords.Of(token.QuotaType), token.TotalQuota, token.RemainingQuota,
        (token.TotalQuota ?? 0) - (token.RemainingQuota ?? 0), clock.Tell(token.QuotaSyncedAt), clock.Tell(token.ExpiresAt), token.IsActive)
    {
        Stale = stale,
    };
}
