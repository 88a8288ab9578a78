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
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    // The limits are the token's, and most calls of a moment are made under the same.
    private static ToldPolicy _told = new(null, null, null);

    public static void Write(IHeaderDictionary headers, Allowance allowance, FlowClock clock)
    {
        var rate = allowance.Rate;
        var policy = Policy(rate?.Limit, rate?.WindowSeconds, allowance.Total);
        if (rate is not null)
        {
            headers["X-RateLimit-Limit"] = policy.LimitText;
            headers["X-RateLimit-Remaining"] = rate.Remaining.ToString(Invariant);
            headers["X-RateLimit-Reset"] = (new DateTimeOffset(clock.UtcNow).ToUnixTimeSeconds() + rate.ResetSeconds).ToString(Invariant);
        }

        if (policy.Text is not null)
            headers["RateLimit-Policy"] = policy.Text;

        string? left = (rate, allowance.Remaining) switch
        {
            (null, null) => null,
            (null, { } remaining) => string.Create(Invariant, $"\"quota\";r={remaining}"),
            (_, null) => string.Create(Invariant, $"\"permin\";r={rate.Remaining};t={rate.ResetSeconds}"),
            (_, { } remaining) => string.Create(Invariant, $"\"permin\";r={rate.Remaining};t={rate.ResetSeconds}, \"quota\";r={remaining}"),
        };
        if (left is not null)
            headers["RateLimit"] = left;
    }

    private static ToldPolicy Policy(int? limit, int? window, int? total)
    {
        var told = _told;
        if (told.Limit != limit || told.Window != window || told.Total != total)
            _told = told = new ToldPolicy(limit, window, total);
        return told;
    }

    private sealed class ToldPolicy(int? limit, int? window, int? total)
    {
        public int? Limit => limit;

        public int? Window => window;

        public int? Total => total;

        public string? LimitText { get; } = limit?.ToString(Invariant);

        public string? Text { get; } = (limit, total) switch
        {
            (null, null) => null,
            (null, _) => string.Create(Invariant, $"\"quota\";q={total}"),
            (_, null) => string.Create(Invariant, $"\"permin\";q={limit};w={window}"),
            _ => string.Create(Invariant, $"\"permin\";q={limit};w={window}, \"quota\";q={total}"),
        };
    }
}
