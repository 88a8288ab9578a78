using FlowQuota.Client.Transport;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Client.Middleware;

/// <summary>The headers with what is left of each limit.</summary>
internal static class RateLimitHeaders
{
    private static readonly string[] Names = ["RateLimit-Policy", "RateLimit", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

    /// <summary>Copies those that a reply has.</summary>
    public static void Copy(Reply reply, IHeaderDictionary headers)
    {
        foreach (string name in Names)
        {
            if (reply.Headers.TryGetValues(name, out var values))
                headers[name] = values.ToArray();
        }
    }
}
