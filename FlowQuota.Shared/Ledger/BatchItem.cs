namespace FlowQuota.Ledger;

/// <summary>One call of a batch.</summary>
/// <param name="Cost">Units it takes, 1-1,000,000.</param>
/// <param name="Meter">The caller's label; '' = none.</param>
/// <param name="Key">It is charged once, however often it comes under the key; null = each time.</param>
public sealed record BatchItem(int Cost, string Meter, IdempotencyKey? Key);
