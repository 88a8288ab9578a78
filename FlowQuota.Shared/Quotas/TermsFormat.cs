using FlowQuota.Auditing;
using FlowQuota.Tokens;
using StackExchange.Redis;

namespace FlowQuota.Quotas;

/// <summary>Writes the terms of a token as the scripts want them: row version, secret hash, active, type, expires, limit, burst, window, owner.</summary>
internal static class TermsFormat
{
    public static RedisValue[] Write(AccessToken token) =>
    [
        token.RowVersion,
        Convert.ToHexStringLower(token.SecretHash),
        token.IsActive ? 1 : 0,
        TypeName(token.QuotaType),
        token.ExpiresAt is { } expires ? new DateTimeOffset(expires, TimeSpan.Zero).ToUnixTimeMilliseconds() : RedisValue.EmptyString,
        Figure(token.RateLimitPerMinute),
        Figure(token.RateLimitBurst),
        token.RateLimitWindowSeconds,
        AuditEventFormat.Owner(token.WorkspaceId, token.Email),
    ];

    public static RedisValue Figure(int? number) => number ?? RedisValue.EmptyString;

    public static string TypeName(QuotaType type) => type switch
    {
        QuotaType.Time => "time",
        QuotaType.Count => "count",
        QuotaType.Hybrid => "hybrid",
    };

    public static QuotaType ReadType(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("count"u8))
            return QuotaType.Count;
        return name.SequenceEqual("hybrid"u8) ? QuotaType.Hybrid : QuotaType.Time;
    }
}
