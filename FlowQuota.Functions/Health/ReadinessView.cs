namespace FlowQuota.Functions.Health;

/// <summary>Whether the service can serve, and the health of each component.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>down</c>.</param>
/// <param name="Components">The health of each component, by its name.</param>
internal sealed record ReadinessView(string Status, IReadOnlyDictionary<string, ComponentView> Components);
