using FlowQuota.Admission;
using FlowQuota.Functions.Http;

namespace FlowQuota.Functions.Gateways;

/// <summary>Whether a call of a given cost would be admitted now.</summary>
/// <param name="Allowed">True if it would.</param>
/// <param name="Reason">The <c>error.type</c> of the refusal; null if the call would be admitted.</param>
/// <param name="RemainingQuota">Units left; null for a token without a quota.</param>
/// <param name="RetryAfter">
/// Whole seconds until the rate limit admits a call, or the quota refills; null if the call would be admitted, or the quota never refills.
/// </param>
internal sealed record CheckView(bool Allowed, string? Reason, int? RemainingQuota, int? RetryAfter)
{
    /// <summary>Decides as the admission does: the rate limit first, then the quota.</summary>
    /// <param name="admission">The decision on a call that takes nothing.</param>
    /// <param name="cost">The units that the call would take.</param>
    /// <param name="now">The current time, UTC.</param>
    public static CheckView Of(AdmissionResult admission, int cost, DateTime now)
    {
        var allowance = admission.Allowance!;
        if (allowance.SpentRate is { } spent && cost > 0)
            return new CheckView(false, ErrorType.RateLimit.Name, allowance.Remaining, spent.ResetSeconds);
        return allowance.Remaining < cost
            ? new CheckView(false, ErrorType.QuotaExceeded.Name, allowance.Remaining, admission.SecondsToRefill(now))
            : new CheckView(true, null, allowance.Remaining, null);
    }
}
