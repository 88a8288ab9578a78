namespace FlowQuota.Functions.Health;

/// <summary>Whether the service can serve, and how each part does.</summary>
internal sealed record ReadinessView(string Status, IReadOnlyDictionary<string, ComponentView> Components);
