using FlowQuota.Periods;

namespace FlowQuota.Ledger;

/// <summary>The present quota of a token.</summary>
/// <param name="Remaining">Calls left; null for a token without a quota.</param>
/// <param name="Total">Calls granted; null for a token without a quota.</param>
/// <param name="Period">The period that it is in; null for a token without periods.</param>
public sealed record LiveQuota(int? Remaining, int? Total, PeriodState? Period = null)
{
    /// <summary>Units of the total that reservations hold.</summary>
    public int Reserved { get; init; }
}
