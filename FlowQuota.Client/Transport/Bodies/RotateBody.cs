namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of rotate.</summary>
internal sealed record RotateBody(int GraceSeconds);
