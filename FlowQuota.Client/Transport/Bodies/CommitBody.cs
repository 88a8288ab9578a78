namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of a commit.</summary>
internal sealed record CommitBody(int Amount, Overrun OnOverrun);
