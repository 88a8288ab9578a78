using System.Security.Cryptography;
using FlowQuota.Ledger;
using FlowQuota.Tokens;

namespace FlowQuota.Tests.Storage;

/// <summary>Tokens and log entries that no other test has.</summary>
public static class Samples
{
    public const string AwkwardText = "O'Brien \"x\" \\ %_ ; DROP TABLE access_tokens; -- \u0130\u00df\u6f22\u5b57 \ud83d\ude80 \r\n\t?@p0{}${y}";

    public static readonly DateTime Noon = new(2026, 11, 22, 12, 0, 0, 123, DateTimeKind.Utc);

    public static string NewTokenId() => $"flow_{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 22)}";

    public static AccessToken NewToken(int? quota = 10) => new()
    {
        TokenId = NewTokenId(),
        SecretHash = RandomNumberGenerator.GetBytes(32),
        WorkspaceId = $"ws {Guid.NewGuid():N}",
        Email = $"{Guid.NewGuid():N}@example.com",
        CreatedAt = Noon,
        UpdatedAt = Noon,
        OperationType = ExpiryOperation.Unlimited,
        QuotaType = quota is null ? QuotaType.Time : QuotaType.Count,
        TotalQuota = quota,
        RemainingQuota = quota,
        QuotaSyncedAt = quota is null ? null : Noon,
    };

    public static TokenRequest NewRequest(string tokenId) =>
        new(tokenId, "request", IdempotencyKey.Of("a test", Guid.NewGuid().ToString(), []));

    public static QuotaLogEntry NewEntry(string tokenId, long seq, int epoch = 1, DateTime? createdAt = null) => new()
    {
        TokenId = tokenId,
        WorkspaceId = "workspace",
        Email = "user@example.com",
        Position = new LedgerPosition(epoch, seq),
        QuotaBefore = 1000,
        QuotaAfter = 999,
        QuotaChange = -1,
        Action = QuotaAction.Consume,
        RequestId = $"{tokenId}.{epoch}.{seq}",
        CreatedAt = createdAt ?? Noon.AddMilliseconds(seq),
    };
}
