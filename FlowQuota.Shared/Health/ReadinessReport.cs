namespace FlowQuota.Health;

/// <summary>Whether the service can serve, and the state of each component.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> (serves, but something is wrong) or <c>down</c> (cannot serve).</param>
/// <param name="Components">Redis, SQL, the queues, AOF, backlog and executor, by name.</param>
public sealed record ReadinessReport(string Status, IReadOnlyDictionary<string, ComponentHealth> Components);
