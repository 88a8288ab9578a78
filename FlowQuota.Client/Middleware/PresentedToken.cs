using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Client.Middleware;

/// <summary>Finds the token of a request where FlowQuota itself would.</summary>
internal static class PresentedToken
{
    private const string BearerPrefix = "Bearer ";

    private static readonly string[] OlderHeaders = ["accessToken", "access-token"];

    /// <summary>The token; null if there is none.</summary>
    public static string? Of(HttpContext context)
    {
        var headers = context.Request.Headers;
        string? value = headers[HeaderNames.Authorization];
        if (value?.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase) == true)
            return value[BearerPrefix.Length..].Trim();
        foreach (string header in OlderHeaders)
        {
            if (headers.TryGetValue(header, out var values) && values is [{ Length: > 0 } token])
                return token.Trim();
        }

        return null;
    }
}
