namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of check.</summary>
internal sealed record CheckBody(int Cost);
