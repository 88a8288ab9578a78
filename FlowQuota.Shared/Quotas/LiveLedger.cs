namespace FlowQuota.Quotas;

/// <summary>Where Redis stands with a token.</summary>
/// <param name="Position">The last change; null where Redis does not hold the token.</param>
/// <param name="Quota">The quota after it; where Redis does not hold the token, what waits for SQL, or null.</param>
/// <param name="WaitsForSql">True where <c>access_tokens</c> does not show it yet.</param>
internal sealed record LiveLedger(LedgerPosition? Position, LiveQuota? Quota, bool WaitsForSql);
