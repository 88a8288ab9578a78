namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of a batch.</summary>
internal sealed record BatchBody(IReadOnlyList<BatchItem> Items, bool Atomic);
