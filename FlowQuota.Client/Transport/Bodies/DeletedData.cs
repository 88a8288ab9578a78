namespace FlowQuota.Client.Transport.Bodies;

/// <summary>What a deletion answers.</summary>
internal sealed record DeletedData
{
    public required string TokenId { get; init; }
}
