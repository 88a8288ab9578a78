namespace FlowQuota.Client.Transport.Bodies;

/// <summary>What a batch answers.</summary>
internal sealed record BatchData(int Consumed, int? TotalQuota, int? RemainingQuota)
{
    public required IReadOnlyList<BatchItemResult> Items { get; init; }
}
