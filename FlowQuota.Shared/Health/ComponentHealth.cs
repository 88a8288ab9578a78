namespace FlowQuota.Health;

/// <summary>The state of one component.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>down</c>.</param>
/// <param name="Detail">Details; null = none.</param>
/// <param name="LatencyMs">How long its reply took; null if it was not asked.</param>
public sealed record ComponentHealth(string Status, string? Detail = null, double? LatencyMs = null);
