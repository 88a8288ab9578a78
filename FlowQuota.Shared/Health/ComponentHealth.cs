namespace FlowQuota.Health;

/// <summary>How one part does.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>down</c>.</param>
/// <param name="Detail">What there is to say; null = nothing.</param>
/// <param name="LatencyMs">How long its answer took; null where nothing was asked.</param>
public sealed record ComponentHealth(string Status, string? Detail = null, double? LatencyMs = null);
