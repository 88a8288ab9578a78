namespace FlowQuota.Ledger;

/// <summary>Calls that are metered together, in their order.</summary>
/// <param name="Items">The calls, 1-500.</param>
/// <param name="IsAtomic">True if all are charged or none; false if each stands for itself.</param>
public sealed record Batch(IReadOnlyList<BatchItem> Items, bool IsAtomic);
