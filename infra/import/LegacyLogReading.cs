using FlowQuota.Ledger;
using FlowQuota.Tokens;

namespace FlowQuota.Import;

/// <summary>
/// Makes a row of ours from a row of the Go system's log. Its epoch is 0 and its seq is the row's number there
/// (docs/decisions/0011), so that it is never taken for a part of our ledger.
/// </summary>
/// <param name="codec">Finds tokens in texts.</param>
/// <param name="now">The time of the import.</param>
internal sealed class LegacyLogReading(TokenCodec codec, DateTime now)
{
    private const int MaxText = 255;
    private const int MaxErrorType = 100;
    private const int MaxErrorMessage = 500;

    // Allows for the difference between two servers' clocks.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Reads a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="token">The row's token.</param>
    /// <returns>The row; null if the row is refused, with the reason.</returns>
    public (QuotaLogEntry? Entry, string? Refusal) Read(LegacyLogRow row, AccessToken token)
    {
        if (row.Id < 1)
            return (null, "id must be 1 or more");
        if (row.CreatedAt is not { } createdAt || createdAt == LegacyTimes.Zero)
            return (null, "created_at is not known");
        if (createdAt > now + ClockSkew)
            return (null, "created_at is in the future (is the time zone right?)");
        if (row.Action is null || !Enum.TryParse<QuotaAction>(row.Action, ignoreCase: true, out var action) || !char.IsAsciiLetter(row.Action[0]))
            return (null, "action must be init, consume, refund or recharge");
        long change = row.QuotaChange ?? ((row.QuotaAfter ?? 0) - (row.QuotaBefore ?? 0));
        if (!Fits(row.QuotaBefore) || !Fits(row.QuotaAfter) || !Fits(change))
            return (null, "quota_before, quota_after and quota_change must fit into 32 bits");

        return (new QuotaLogEntry
        {
            TokenId = token.TokenId,
            WorkspaceId = LegacyText.Clean(row.WorkspaceId, MaxText, codec) ?? token.WorkspaceId,
            Email = LegacyText.Clean(row.Email, MaxText, codec) ?? token.Email,
            Position = new LedgerPosition(LedgerPosition.ImportedEpoch, row.Id),
            QuotaBefore = (int?)row.QuotaBefore,
            QuotaAfter = (int?)row.QuotaAfter,
            QuotaChange = (int)change,
            Action = action,
            RequestId = LegacyText.RequestId(row.RequestId, row.Id, codec),
            ExecutionSuccess = row.ExecutionSuccess is { } success ? success != 0 : null,
            ExecutionErrorType = LegacyText.Clean(row.ExecutionErrorType, MaxErrorType, codec),
            ExecutionErrorMessage = LegacyText.Clean(row.ExecutionErrorMessage, MaxErrorMessage, codec),
            CreatedAt = createdAt,
        }, null);
    }

    private static bool Fits(long? number) => number is null or (>= int.MinValue and <= int.MaxValue);
}
