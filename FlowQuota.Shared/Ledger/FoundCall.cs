namespace FlowQuota.Ledger;

/// <summary>A recorded call, found by its request.</summary>
/// <param name="Position">Which change it is.</param>
/// <param name="At">When it was admitted, UTC.</param>
public readonly record struct FoundCall(LedgerPosition Position, DateTime At);
