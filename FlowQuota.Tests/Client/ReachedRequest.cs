using FlowQuota.Client.Middleware;

namespace FlowQuota.Tests.Client;

/// <summary>A request that reached the API behind the middleware.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Metered">What the middleware says of it.</param>
/// <param name="Headers">Its headers of FlowQuota, and all that look like one.</param>
internal sealed record ReachedRequest(string? Path, MeteredRequest? Metered, IReadOnlyDictionary<string, string> Headers);
