namespace FlowQuota.Client.Transport.Bodies;

/// <summary>The body of reserve.</summary>
internal sealed record ReserveBody(int Amount, int? TtlSeconds, string? Meter);
