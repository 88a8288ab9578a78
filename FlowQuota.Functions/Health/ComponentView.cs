namespace FlowQuota.Functions.Health;

/// <summary>The health of one component.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>down</c>.</param>
/// <param name="Detail">What is wrong, or a figure; null if there is nothing to say.</param>
/// <param name="LatencyMs">How long the check took, in milliseconds; null if it was not checked.</param>
internal sealed record ComponentView(string Status, string? Detail, double? LatencyMs);
