using FlowQuota.Periods;
using FlowQuota.Tokens;

namespace FlowQuota.Admission;

/// <summary>The quota and rate limits of a token at the time of the decision.</summary>
/// <param name="Type">Whether calls or time end the token.</param>
/// <param name="Remaining">Calls left; null for <see cref="QuotaType.Time"/>.</param>
/// <param name="Total">Calls granted; null for <see cref="QuotaType.Time"/>.</param>
/// <param name="Rate">The rate limit of the window; null = none.</param>
/// <param name="Burst">The rate limit of any one second; null = none.</param>
/// <param name="Period">The period that the quota is in; null for a token without periods.</param>
public sealed record Allowance(QuotaType Type, int? Remaining, int? Total, RateAllowance? Rate, RateAllowance? Burst = null, PeriodState? Period = null)
{
    /// <summary>Units of the total that reservations hold.</summary>
    public int Reserved { get; init; }

    /// <summary>The rate limit that admits no call now; null if each admits one.</summary>
    public RateAllowance? SpentRate => Rate is { Remaining: 0 } ? Rate : Burst is { Remaining: 0 } ? Burst : null;

    /// <summary>
    /// Whole seconds until the period ends, rounded up; at least 1, because the decision was made before its end. Null for a
    /// token without periods.
    /// </summary>
    /// <param name="now">The current time, UTC.</param>
    public long? SecondsToPeriodEnd(DateTime now) => Period is null ? null : Math.Max(1, (long)Math.Ceiling((Period.EndsAt - now).TotalSeconds));
}
