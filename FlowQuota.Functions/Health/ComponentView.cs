namespace FlowQuota.Functions.Health;

/// <summary>The health of one component; <c>latency_ms</c> is null if it was not checked.</summary>
internal sealed record ComponentView(string Status, string? Detail, double? LatencyMs);
