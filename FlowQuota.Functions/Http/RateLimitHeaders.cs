using System.Globalization;
using FlowQuota.Admission;
using FlowQuota.Periods;
using Microsoft.AspNetCore.Http;

namespace FlowQuota.Functions.Http;

/// <summary>
/// Writes the remaining allowance of a token: <c>RateLimit-Policy</c> and <c>RateLimit</c>
/// (draft-ietf-httpapi-ratelimit-headers) with an item for each limit, and the older <c>X-RateLimit-*</c> of the exhausted
/// limit, or else of the window. Their reset is a Unix time in seconds. The headers of a limit that does not exist are left out.
/// The quota has a window and a reset only if it refills.
/// </summary>
internal static class RateLimitHeaders
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    // Cached, because most calls of a moment are made under the same limits of the same token.
    private static KnownPolicy _known = new(null, null, null, null, null);

    /// <summary>Writes the headers for an allowance at the current time of <paramref name="clock"/>.</summary>
    public static void Write(IHeaderDictionary headers, Allowance allowance, TimeZoneFormatter clock)
    {
        var policy = Policy(allowance.Rate?.Limit, allowance.Rate?.WindowSeconds, allowance.Burst?.Limit, allowance.Total, LengthOf(allowance.Period));
        if ((allowance.SpentRate ?? allowance.Rate) is { } rate)
        {
            headers["X-RateLimit-Limit"] = rate == allowance.Rate ? policy.LimitText : rate.Limit.ToString(Invariant);
            headers["X-RateLimit-Remaining"] = rate.Remaining.ToString(Invariant);
            headers["X-RateLimit-Reset"] = UnixReset(clock.UtcNow, rate.ResetSeconds).ToString(Invariant);
        }

        if (policy.Text is not null)
            headers["RateLimit-Policy"] = policy.Text;
        if (Left(allowance, clock) is { } left)
            headers["RateLimit"] = left;
    }

    // Rounded up, like the seconds until then: a client that waits for this second is not too early.
    private static long UnixReset(DateTime now, int seconds) => new DateTimeOffset(now.AddTicks(TimeSpan.TicksPerSecond - 1)).ToUnixTimeSeconds() + seconds;

    private static long? LengthOf(PeriodState? period) => (long?)(period?.EndsAt - period?.StartsAt)?.TotalSeconds;

    private static string? Left(Allowance allowance, TimeZoneFormatter clock)
    {
        var (rate, burst) = (allowance.Rate, allowance.Burst);
        if (burst is not null || allowance.Period is not null)
        {
            string? reset = allowance.SecondsToPeriodEnd(clock.UtcNow) is { } seconds ? string.Create(Invariant, $";t={seconds}") : null;
            return string.Join(", ", new[]
            {
                rate is null ? null : string.Create(Invariant, $"\"permin\";r={rate.Remaining};t={rate.ResetSeconds}"),
                burst is null ? null : string.Create(Invariant, $"\"burst\";r={burst.Remaining};t={burst.ResetSeconds}"),
                allowance.Remaining is { } some ? string.Create(Invariant, $"\"quota\";r={some}{reset}") : null,
            }.OfType<string>());
        }

        return (rate, allowance.Remaining) switch
        {
            (null, null) => null,
            (null, { } remaining) => string.Create(Invariant, $"\"quota\";r={remaining}"),
            (_, null) => string.Create(Invariant, $"\"permin\";r={rate.Remaining};t={rate.ResetSeconds}"),
            (_, { } remaining) => string.Create(Invariant, $"\"permin\";r={rate.Remaining};t={rate.ResetSeconds}, \"quota\";r={remaining}"),
        };
    }

    private static KnownPolicy Policy(int? limit, int? window, int? burst, int? total, long? period)
    {
        var known = _known;
        if (known.Limit != limit || known.Window != window || known.Burst != burst || known.Total != total || known.Period != period)
            _known = known = new KnownPolicy(limit, window, burst, total, period);
        return known;
    }

    private sealed class KnownPolicy(int? limit, int? window, int? burst, int? total, long? period)
    {
        public int? Limit => limit;

        public int? Window => window;

        public int? Burst => burst;

        public int? Total => total;

        public long? Period => period;

        public string? LimitText { get; } = limit?.ToString(Invariant);

        public string? Text { get; } = (limit, burst, total) is (null, null, null) ? null : string.Join(", ", new[]
        {
            limit is null ? null : string.Create(Invariant, $"\"permin\";q={limit};w={window}"),
            burst is null ? null : string.Create(Invariant, $"\"burst\";q={burst};w=1"),
            total is null ? null : string.Create(Invariant, $"\"quota\";q={total}{(period is null ? "" : $";w={period}")}"),
        }.OfType<string>());
    }
}
