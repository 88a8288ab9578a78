namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of consume.</summary>
internal sealed record ConsumeBody(int Cost, string? Meter);
