using System.Text.Json.Serialization;
using FlowQuota.Periods;

namespace FlowQuota.Tokens;

/// <summary>One row of <c>access_tokens</c>: the terms of a token and the last synced state of its quota.</summary>
/// <remarks>All times are UTC. The secret itself is never stored, only <see cref="SecretHash"/>.</remarks>
public sealed record AccessToken
{
    /// <summary>Row number; 0 until stored.</summary>
    public long Id { get; init; }

    /// <summary>The public id, <c>flow_&lt;id&gt;</c>; column <c>access_token</c>.</summary>
    public required string TokenId { get; init; }

    /// <summary>HMAC-SHA256 of the secret, keyed with the pepper; 32 bytes.</summary>
    public required byte[] SecretHash { get; init; }

    /// <summary>How often the token got a new secret; 0 = it has its first one.</summary>
    public int Rotation { get; init; }

    /// <summary>When it last got a new secret; null = never.</summary>
    public DateTime? RotatedAt { get; init; }

    /// <summary>The hash of the secret before <see cref="SecretHash"/>; null if only the present one is good.</summary>
    public byte[]? PreviousSecretHash { get; init; }

    /// <summary>From this instant on the earlier secret is refused; null if there is none.</summary>
    public DateTime? PreviousValidUntil { get; init; }

    /// <summary>The owner's workspace; column <c>ws_id</c>.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>The owner's e-mail address.</summary>
    public required string Email { get; init; }

    /// <summary>The admin's name for it, 1-100 characters; null = none. Never interpreted and never logged.</summary>
    public string? Name { get; init; }

    /// <summary>The admin's labels; null = none. Never logged.</summary>
    public TokenTags? Tags { get; init; }

    /// <summary>What the admin keeps with it: the text of a JSON object; null = nothing. Never interpreted and never logged.</summary>
    public string? Metadata { get; init; }

    /// <summary>When the token was made.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>From this instant on the token is refused; null = never.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>How <see cref="ExpiresAt"/> was last set; column <c>operation_type</c>.</summary>
    public required ExpiryOperation OperationType { get; init; }

    /// <summary>False if an admin disabled the token.</summary>
    public bool IsActive { get; init; } = true;

    /// <summary>Calls allowed in one window of <see cref="RateLimitWindowSeconds"/>; null = no limit.</summary>
    public int? RateLimitPerMinute { get; init; }

    /// <summary>Calls allowed in any one second; null = no burst limit.</summary>
    public int? RateLimitBurst { get; init; }

    /// <summary>Length of the rate limit's window, 1-86,400 seconds.</summary>
    public int RateLimitWindowSeconds { get; init; } = 60;

    /// <summary>Whether calls, time or both end the token.</summary>
    public required QuotaType QuotaType { get; init; }

    /// <summary>Calls granted; null for <see cref="QuotaType.Time"/>.</summary>
    public int? TotalQuota { get; init; }

    /// <summary>Calls left at (<see cref="SyncedEpoch"/>, <see cref="SyncedSeq"/>); null for <see cref="QuotaType.Time"/>.</summary>
    public int? RemainingQuota { get; init; }

    /// <summary>
    /// Units of <see cref="TotalQuota"/> that reservations hold, so that consumed = total - remaining - reserved. Units that an
    /// earlier period pays for are not among them.
    /// </summary>
    public int ReservedQuota { get; init; }

    /// <summary>Whole percent of <see cref="TotalQuota"/> that are left; null for <see cref="QuotaType.Time"/>. Column <c>remaining_percent</c>.</summary>
    [JsonIgnore]
    public int? RemainingPercent => RemainingQuota is { } left ? TotalQuota > 0 ? (int)Math.Min(left * 100L / TotalQuota.Value, int.MaxValue) : 0 : null;

    /// <summary><see cref="BandOf"/> what is left; null for <see cref="QuotaType.Time"/>. Column <c>remaining_band</c>.</summary>
    [JsonIgnore]
    public int? RemainingBand => RemainingQuota is { } left ? BandOf(left) : null;

    /// <summary>
    /// The first two digits of a number, and before them how many follow: 7 is 7, 4,711 is 247. In the order of the numbers, and seldom another
    /// one after a call, so an index of it costs the sync nothing.
    /// </summary>
    public static int BandOf(int number)
    {
        int band = 0;
        for (; number >= 100; number /= 10)
            band += 100;
        return band + number;
    }

    /// <summary>How often the quota refills; null = never. Column <c>period_rule</c>.</summary>
    public PeriodRule? Period { get; init; }

    /// <summary>The period that <see cref="RemainingQuota"/> is in; null for a token without periods.</summary>
    public PeriodState? PeriodState { get; init; }

    /// <summary>When <see cref="RemainingQuota"/> was written; null if it never was.</summary>
    public DateTime? QuotaSyncedAt { get; init; }

    /// <summary>When the row last changed.</summary>
    public required DateTime UpdatedAt { get; init; }

    /// <summary>The last epoch handed out (the fence); starts at 1.</summary>
    public int QuotaEpoch { get; init; } = 1;

    /// <summary>Epoch of the change that <see cref="RemainingQuota"/> shows.</summary>
    public int SyncedEpoch { get; init; } = 1;

    /// <summary>Number, within <see cref="SyncedEpoch"/>, of the change that <see cref="RemainingQuota"/> shows.</summary>
    public long SyncedSeq { get; init; } = 1;

    /// <summary>
    /// Rises with every admin change, to its time in ms since 1970 or above; newer terms are never overwritten by older ones.
    /// 1 = never changed.
    /// </summary>
    public long RowVersion { get; init; } = 1;
}
