namespace FlowQuota.Quotas;

/// <summary>A quota as it is now.</summary>
/// <param name="Remaining">Calls left; null for a token without a quota.</param>
/// <param name="Total">Calls granted; null for a token without a quota.</param>
public sealed record LiveQuota(int? Remaining, int? Total);
