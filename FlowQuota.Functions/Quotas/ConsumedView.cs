namespace FlowQuota.Functions.Quotas;

/// <summary>The remaining quota after a call was metered.</summary>
/// <param name="QuotaType">What ends the token: <c>time</c>, <c>count</c> or <c>hybrid</c>.</param>
/// <param name="TotalQuota">Units granted; null for a token without a quota.</param>
/// <param name="RemainingQuota">Units left; null for a token without a quota.</param>
internal sealed record ConsumedView(string QuotaType, int? TotalQuota, int? RemainingQuota);
