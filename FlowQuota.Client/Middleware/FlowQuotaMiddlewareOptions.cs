using Microsoft.AspNetCore.Http;

namespace FlowQuota.Client.Middleware;

/// <summary>How the middleware meters requests.</summary>
public sealed class FlowQuotaMiddlewareOptions
{
    /// <summary>
    /// The units of a request, 0-1,000,000; 1 by default. 0 = the token is checked and nothing is taken. Another number is an
    /// exception, before anything is taken.
    /// </summary>
    public Func<HttpContext, int> Cost { get; set; } = _ => 1;

    /// <summary>
    /// The token that a request presents; null = none, which is a 401. By default that of <c>Authorization: Bearer</c>, or else of
    /// the header <c>accessToken</c> or <c>access-token</c>.
    /// </summary>
    public Func<HttpContext, string?> AccessToken { get; set; } = PresentedToken.Of;

    /// <summary>What becomes of a request if FlowQuota cannot decide; by default it is refused.</summary>
    public UnavailableRule WhenUnavailable { get; set; }

    /// <summary>
    /// How the middleware repeats its question; by default twice, 2 s each try and 5 s in all, because a client waits. However often it asks,
    /// the request is charged once.
    /// </summary>
    public FlowQuotaRetryOptions Retry { get; set; } = new()
    {
        MaxRetries = 2,
        TryTimeout = TimeSpan.FromSeconds(2),
        TotalTimeout = TimeSpan.FromSeconds(5),
    };
}
