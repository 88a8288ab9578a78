namespace FlowQuota.Admission;

/// <summary>What became of a batch.</summary>
/// <param name="Units">Units that were taken.</param>
/// <param name="Items">What became of each item, in their order.</param>
public sealed record BatchResult(int Units, IReadOnlyList<BatchItemStatus> Items);
