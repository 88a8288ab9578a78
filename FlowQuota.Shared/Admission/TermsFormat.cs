using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Tokens;
using StackExchange.Redis;

namespace FlowQuota.Admission;

/// <summary>
/// Writes the terms of a token in the order of the scripts: row version, secrets, active, type, expires, limit, burst,
/// window, owner, rule of the periods, and the bounds of the first period if it began now. The secrets are the hash, and if an
/// earlier one is good, its hash and end: <c>hash earlier end</c>.
/// </summary>
internal static class TermsFormat
{
    public static RedisValue[] Write(AccessToken token, DateTime now) =>
    [
        token.RowVersion,
        Secrets(token),
        token.IsActive ? 1 : 0,
        TypeName(token.QuotaType),
        token.ExpiresAt is { } expires ? UnixTime.Of(expires) : RedisValue.EmptyString,
        ToRedis(token.RateLimitPerMinute),
        ToRedis(token.RateLimitBurst),
        token.RateLimitWindowSeconds,
        AuditEventFormat.Owner(token.WorkspaceId, token.Email),
        token.Period?.ToText() ?? "",
        token.Period?.PeriodAt(now) is { } first ? $"{UnixTime.Of(first.StartsAt)}:{UnixTime.Of(first.EndsAt)}" : "",
    ];

    private static string Secrets(AccessToken token)
    {
        string present = Convert.ToHexStringLower(token.SecretHash);
        return token is { PreviousSecretHash: { } earlier, PreviousValidUntil: { } end }
            ? $"{present} {Convert.ToHexStringLower(earlier)} {UnixTime.Of(end)}"
            : present;
    }

    public static RedisValue ToRedis(int? number) => number ?? RedisValue.EmptyString;

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
