using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FlowQuota.Functions.Http;

/// <summary>Finds the token that a request presents.</summary>
internal static class Credentials
{
    private const string BearerPrefix = "Bearer ";

    /// <summary>The older clients' names of the header.</summary>
    private static readonly string[] AccessTokenHeaders = ["accessToken", "access-token"];

    /// <summary>The token of <c>Authorization: Bearer</c>; null if there is none.</summary>
    public static string? Bearer(HttpRequest request)
    {
        string? value = request.Headers[HeaderNames.Authorization];
        return value is not null && value.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            ? value[BearerPrefix.Length..].Trim()
            : null;
    }

    /// <summary>The access token, from <c>Authorization: Bearer</c> or one of the older headers; null if there is none.</summary>
    public static string? AccessToken(HttpRequest request)
    {
        if (Bearer(request) is { } bearer)
            return bearer;
        foreach (string header in AccessTokenHeaders)
        {
            if (request.Headers.TryGetValue(header, out var values) && values is [{ Length: > 0 } token])
                return token.Trim();
        }

        return null;
    }
}
