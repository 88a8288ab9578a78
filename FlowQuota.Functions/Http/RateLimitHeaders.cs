using System.Globalization;
using FlowQuota.Quotas;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>
/// Tells callers what they have left: <c>RateLimit-Policy</c> and <c>RateLimit</c> (draft-ietf-httpapi-ratelimit-headers)
/// and the older <c>X-RateLimit-*</c>, whose reset is a Unix time in seconds. A part is left out where there is no such limit.
/// </summary>
internal static class RateLimitHeaders
{
    public static void Write(IHeaderDictionary headers, Allowance allowance, FlowClock clock)
    {
        if (allowance.Rate is { } rate)
        {
            headers["X-RateLimit-Limit"] = rate.Limit.ToString(CultureInfo.InvariantCulture);
            headers["X-RateLimit-Remaining"] = rate.Remaining.ToString(CultureInfo.InvariantCulture);
            headers["X-RateLimit-Reset"] = (new DateTimeOffset(clock.UtcNow).ToUnixTimeSeconds() + rate.ResetSeconds)
                .ToString(CultureInfo.InvariantCulture);
        }

        if (Join(
            allowance.Rate is { } policy ? string.Create(CultureInfo.InvariantCulture, $"\"permin\";q={policy.Limit};w={policy.WindowSeconds}") : null,
            allowance.Total is { } total ? string.Create(CultureInfo.InvariantCulture, $"\"quota\";q={total}") : null) is { } policies)
        {
            headers["RateLimit-Policy"] = policies;
        }

        if (Join(
            allowance.Rate is { } left ? string.Create(CultureInfo.InvariantCulture, $"\"permin\";r={left.Remaining};t={left.ResetSeconds}") : null,
            allowance.Remaining is { } remaining ? string.Create(CultureInfo.InvariantCulture, $"\"quota\";r={remaining}") : null) is { } limits)
        {
            headers["RateLimit"] = limits;
        }
    }

    private static string? Join(string? first, string? second) => (first, second) switch
    {
        (null, _) => second,
        (_, null) => first,
        _ => $"{first}, {second}",
    };
}
