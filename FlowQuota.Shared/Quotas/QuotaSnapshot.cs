namespace FlowQuota.Quotas;

/// <summary>The quota of a token after one change, on its way to SQL.</summary>
/// <param name="TokenId">The public id.</param>
/// <param name="Position">The change after which this held.</param>
/// <param name="Remaining">Calls left; null where the token has no quota (any more).</param>
/// <param name="Total">Calls granted; null where the token has no quota (any more).</param>
public sealed record QuotaSnapshot(string TokenId, LedgerPosition Position, int? Remaining, int? Total);
