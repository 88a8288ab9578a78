namespace FlowQuota.Quotas;

/// <summary>What a log row says of a quota.</summary>
/// <param name="Position">Which change the row records.</param>
/// <param name="Remaining">Calls left after it; null for a token without a quota.</param>
public sealed record LoggedQuota(LedgerPosition Position, int? Remaining);
