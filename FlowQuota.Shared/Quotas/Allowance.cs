using FlowQuota.Tokens;

namespace FlowQuota.Quotas;

/// <summary>What a token has left, as the admission saw it.</summary>
/// <param name="Type">What ends the token.</param>
/// <param name="Remaining">Calls left; null for <see cref="QuotaType.Time"/>.</param>
/// <param name="Total">Calls granted; null for <see cref="QuotaType.Time"/>.</param>
/// <param name="Rate">The rate limit; null = none.</param>
public sealed record Allowance(QuotaType Type, int? Remaining, int? Total, RateAllowance? Rate);
