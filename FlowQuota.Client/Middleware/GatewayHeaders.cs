using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Client.Middleware;

/// <summary>The headers that name the caller to a service. What a client sends under such a name must not reach the service.</summary>
internal static class GatewayHeaders
{
    public const string TokenId = "X-FlowQuota-Token-Id";
    public const string Workspace = "X-FlowQuota-Workspace";
    public const string Remaining = "X-FlowQuota-Remaining";
    public const string RequestId = "X-FlowQuota-Request-Id";
    public const string Unmetered = "X-FlowQuota-Unmetered";
    public const string Status = "X-FlowQuota-Status";

    private const string Prefix = "X-FlowQuota";

    /// <summary>Removes all that a client sent, also with underscores, which some services read as hyphens.</summary>
    public static void Remove(IHeaderDictionary headers)
    {
        foreach (string name in headers.Keys.Where(name => name.Replace('_', '-').StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)).ToArray())
            headers.Remove(name);
    }

    /// <summary>Writes those of a request that passed, for a service behind this one (a reverse proxy).</summary>
    public static void Write(IHeaderDictionary headers, MeteredRequest request)
    {
        headers[RequestId] = request.RequestId;
        headers[TokenId] = request.TokenId;
        headers[Workspace] = request.WorkspaceId is { } workspace ? Uri.EscapeDataString(workspace) : null;
        headers[Remaining] = request.RemainingQuota?.ToString(CultureInfo.InvariantCulture);
        headers[Unmetered] = request.IsUnmetered ? "1" : null;
    }
}
