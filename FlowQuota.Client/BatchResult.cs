namespace FlowQuota.Client;

/// <summary>The decision on a <see cref="FlowQuotaClient.ConsumeBatchAsync"/>.</summary>
/// <remarks>A batch that is not atomic is allowed even if each of its items is refused: see <see cref="Items"/>.</remarks>
public sealed record BatchResult : MeteredResult
{
    /// <summary>Units that were taken.</summary>
    public int Consumed { get; init; }

    /// <summary>What became of each item, in their order; empty if the batch was refused.</summary>
    public IReadOnlyList<BatchItemResult> Items { get; init; } = [];
}
