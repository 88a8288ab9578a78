using FlowQuota.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.Http;

/// <summary>Lets pages of the origins in <c>ALLOWED_ORIGINS</c> call FlowQuota from a browser (CORS). Without that setting it does nothing.</summary>
/// <param name="settings">The origins.</param>
public sealed class CrossOrigin(FlowQuotaSettings settings)
{
    private const string Methods = "GET, HEAD, POST, PUT, DELETE";
    private const string RequestHeaders = "Authorization, accessToken, Content-Type, Content-Encoding, X-Request-ID, Idempotency-Key";
    private const string ResponseHeaders = "X-Request-ID, Idempotent-Replayed, Retry-After, RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";
    private const string KeptForSeconds = "600";

    private readonly HashSet<string> _origins = [.. settings.AllowedOrigins];

    /// <summary>Adds the headers that let the page read the response, if its origin is allowed.</summary>
    public void Allow(HttpRequest request)
    {
        if (_origins.Count == 0)
            return;
        var headers = request.HttpContext.Response.Headers;
        headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        if (IsAllowed(request, out string origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlExposeHeaders = ResponseHeaders;
        }
    }

    /// <summary>True for the preflight of an allowed origin. The response then permits the request.</summary>
    public bool IsPreflight(HttpRequest request)
    {
        if (_origins.Count == 0 || !HttpMethods.IsOptions(request.Method)
            || request.Headers.AccessControlRequestMethod.Count == 0 || !IsAllowed(request, out _))
        {
            return false;
        }

        var headers = request.HttpContext.Response.Headers;
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = RequestHeaders;
        headers.AccessControlMaxAge = KeptForSeconds;
        return true;
    }

    private bool IsAllowed(HttpRequest request, out string origin)
    {
        origin = request.Headers.Origin.ToString();
        return _origins.Contains(origin);
    }
}
