using FlowQuota.Periods;

namespace FlowQuota.Ledger;

/// <summary>The quota in a log row.</summary>
/// <param name="Position">Which change the row records.</param>
/// <param name="Remaining">Calls left after it; null for a token without a quota.</param>
/// <param name="Total">
/// Calls granted, from the newest row that states it and that <c>access_tokens</c> does not show yet; null if there is none.
/// </param>
/// <param name="Period">The period after that row; null if there is none, or the token has no periods.</param>
public sealed record LoggedQuota(LedgerPosition Position, int? Remaining, int? Total, PeriodState? Period = null);
