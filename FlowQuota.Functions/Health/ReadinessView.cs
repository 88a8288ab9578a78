namespace FlowQuota.Functions.Health;

/// <summary>Whether the service can serve, and the health of each component.</summary>
internal sealed record ReadinessView(string Status, IReadOnlyDictionary<string, ComponentView> Components);
