namespace FlowQuota.Functions.Health;

/// <summary>How one part does; <c>latency_ms</c> is null where nothing was asked.</summary>
internal sealed record ComponentView(string Status, string? Detail, double? LatencyMs);
