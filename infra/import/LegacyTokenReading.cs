using System.Globalization;
using FlowQuota.Tokens;

namespace FlowQuota.Import;

/// <summary>
/// Makes a token of ours from a row of the Go system's. Its holder can do here what was possible there. A row that leaves
/// that open is refused, and a value is adjusted only if no holder gains or loses a call by it.
/// </summary>
/// <param name="codec">Hashes the token.</param>
/// <param name="now">The time of the import.</param>
internal sealed class LegacyTokenReading(TokenCodec codec, DateTime now)
{
    private const int MaxText = 255;
    private const int MaxWindowSeconds = 86_400;

    // The Go system's default for a token that has a limit for the minute and none for the burst.
    private const int DefaultBurst = 10;

    // As for tokens that are created here.
    private static readonly DateTime LatestEnd = new(9999, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Reads a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="adjust">Called for each value that was adjusted.</param>
    /// <returns>The token; null if the row is refused, with the reason.</returns>
    public (AccessToken? Token, string? Refusal) Read(LegacyToken row, Action<string> adjust)
    {
        if (codec.ReadLegacy(row.Token) is not { } presented)
            return Refused("access_token is not flow_ and 64 hexadecimal digits");
        if (string.IsNullOrWhiteSpace(row.WorkspaceId) || row.WorkspaceId.Length > MaxText)
            return Refused("ws_id must have 1 to 255 characters");
        if (string.IsNullOrWhiteSpace(row.Email) || row.Email.Length > MaxText)
            return Refused("email must have 1 to 255 characters");
        if (row.IsActive is not (0 or 1))
            return Refused("is_active must be 0 or 1");
        if (Word<QuotaType>(row.QuotaType) is not { } type)
            return Refused("quota_type must be time, count or hybrid");
        if (Word<ExpiryOperation>(row.OperationType) is not { } operation)
            return Refused("operation_type must be add, set or unlimited");
        if (row.ExpiresAt is { } end && (end == LegacyTimes.Zero || end >= LatestEnd))
            return Refused("expires_at must be a date before the year 9999, or NULL");
        if (row.RateLimitPerMinute is < 1 or > int.MaxValue)
            return Refused("rate_limit_per_minute must be 1 or more, or NULL");
        if (row.RateLimitBurst is < 1 or > int.MaxValue)
            return Refused("rate_limit_burst must be 1 or more, or NULL");
        if (row.RateLimitWindowSeconds is < 1 or > MaxWindowSeconds)
            return Refused("rate_limit_window_seconds must be 1 to 86400, or NULL");
        var (remaining, total, refusal) = ReadQuota(row, type, adjust);
        if (refusal is not null)
            return Refused(refusal);

        type = EndingType(type, row.ExpiresAt, adjust);
        int? burst = Burst(row, adjust);
        var created = Past(row.CreatedAt, "created_at", adjust);
        return (new AccessToken
        {
            TokenId = presented.TokenId,
            SecretHash = Convert.FromHexString(presented.SecretHash),
            WorkspaceId = LegacyText.Clean(row.WorkspaceId, MaxText, codec)!,
            Email = LegacyText.Clean(row.Email, MaxText, codec)!,
            CreatedAt = created,
            UpdatedAt = row.UpdatedAt is null ? created : Past(row.UpdatedAt, "updated_at", adjust),
            ExpiresAt = row.ExpiresAt,
            OperationType = operation,
            IsActive = row.IsActive == 1,
            RateLimitPerMinute = (int?)row.RateLimitPerMinute,
            RateLimitBurst = burst,
            RateLimitWindowSeconds = (int)(row.RateLimitWindowSeconds ?? 60),
            QuotaType = type,
            TotalQuota = total,
            RemainingQuota = remaining,
            QuotaSyncedAt = now,
        }, null);
    }

    private static (int? Remaining, int? Total, string? Refusal) ReadQuota(LegacyToken row, QuotaType type, Action<string> adjust)
    {
        if (type == QuotaType.Time)
        {
            if (row.TotalQuota is not null || row.RemainingQuota is not null)
                adjust("total_quota and remaining_quota left out: the quota_type is time");
            return (null, null, null);
        }

        if (row.RemainingQuota is not { } remaining)
            return (null, null, "remaining_quota is NULL, so the remaining calls are unknown");
        if (remaining > int.MaxValue || row.TotalQuota is < 0 or > int.MaxValue)
            return (null, null, "total_quota and remaining_quota must be at most 2147483647, and total_quota not negative");

        // The Go system's counter can fall below zero; there are no calls left either way.
        if (remaining < 0)
        {
            adjust(string.Create(CultureInfo.InvariantCulture, $"remaining_quota {remaining} read as 0"));
            remaining = 0;
        }

        // The Go system's quota_operation set changes the remaining calls and not the granted ones. The remaining ones count.
        long total = row.TotalQuota ?? 0;
        if (total < remaining || row.TotalQuota is null)
        {
            adjust(string.Create(CultureInfo.InvariantCulture, $"total_quota {row.TotalQuota?.ToString(CultureInfo.InvariantCulture) ?? "NULL"} raised to remaining_quota {remaining}"));
            total = Math.Max(total, remaining);
        }

        return ((int)remaining, (int)total, null);
    }

    /// <summary>There an end date ends a token of any type; here, only one of type time or hybrid.</summary>
    private static QuotaType EndingType(QuotaType type, DateTime? end, Action<string> adjust)
    {
        if (type != QuotaType.Count || end is null)
            return type;
        adjust("quota_type count read as hybrid, because expires_at ends the token");
        return QuotaType.Hybrid;
    }

    /// <summary>There a token without a limit for the minute has no limit at all, and one with it always has a burst.</summary>
    private static int? Burst(LegacyToken row, Action<string> adjust)
    {
        if (row.RateLimitPerMinute is null)
        {
            if (row.RateLimitBurst is not null)
                adjust("rate_limit_burst left out: without rate_limit_per_minute there is no limit");
            return null;
        }

        if (row.RateLimitBurst is null)
            adjust(string.Create(CultureInfo.InvariantCulture, $"rate_limit_burst NULL read as {DefaultBurst}, the Go system's own"));
        return (int?)row.RateLimitBurst ?? DefaultBurst;
    }

    private DateTime Past(DateTime? time, string column, Action<string> adjust)
    {
        if (time is { } known && known != LegacyTimes.Zero && known <= now)
            return known;
        adjust($"{column} is {(time is null || time == LegacyTimes.Zero ? "not known" : "in the future (is the time zone right?)")}: read as the time of the import");
        return now;
    }

    // By name only, because Enum.Parse also accepts numbers.
    private static T? Word<T>(string? word)
        where T : struct, Enum =>
        word is { Length: > 0 } && char.IsAsciiLetter(word[0]) && Enum.TryParse<T>(word, ignoreCase: true, out var value) ? value : null;

    private static (AccessToken? Token, string? Refusal) Refused(string reason) => (null, reason);
}
