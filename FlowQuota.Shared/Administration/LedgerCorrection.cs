using FlowQuota.Admission;
using FlowQuota.Drains;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Administration;

/// <summary>
/// Corrects the ledger of a token when an admin asks for it and gives a reason: records one more change, from the last row to
/// the live quota, so that the chain holds from there on. No existing row is touched.
/// </summary>
public sealed partial class LedgerCorrection(
    LedgerVerification verification, QuotaLedger ledger, StaleStateEviction staleStates, ITokenStore tokens, IQuotaLogStore logs, IQuotaStore quotas,
    TimeProvider time, ILogger<LedgerCorrection> logger)
{
    /// <summary>The <c>execution_error_type</c> of a correcting row; its message is the admin's reason.</summary>
    public const string ErrorType = "LedgerMended";

    private const int MaxAttempts = 5;

    /// <summary>Corrects the ledger of one token.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="reason">Why it differs, 1-500 characters; stored in the row.</param>
    /// <param name="requestId">The request; stored in the row.</param>
    /// <param name="cancellationToken">Cancels before anything is written.</param>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached.</exception>
    public async Task<CorrectionResult> MendAsync(string tokenId, string reason, string requestId, CancellationToken cancellationToken)
    {
        bool exists = await tokens.FindAsync(tokenId, cancellationToken) is not null;
        IReadOnlyList<LedgerProblem> problems = [];
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (exists)
                exists = await ledger.LoadAsync(tokenId);
            var check = await verification.CheckAsync(tokenId, cancellationToken);
            if (check.PendingTokens > 0)
                return new CorrectionResult(CorrectionStatus.Pending, [], null);
            var tail = check.Findings.Newest.GetValueOrDefault(tokenId);
            if (!exists && tail is null)
                return new CorrectionResult(CorrectionStatus.Unknown, [], null);
            // The problems of the first check are reported even if a second one no longer finds them, so that no correction is
            // silent.
            if (check.Problems.Count > 0)
                problems = check.Problems;
            if (problems.Count == 0)
                return new CorrectionResult(CorrectionStatus.Balanced, [], null);

            var entry = exists
                ? await MendLiveAsync(tokenId, check.Live[tokenId], tail, reason, requestId)
                : await MendDeletedAsync(tail!, reason, requestId);
            if (entry is not null)
            {
                LogMended(logger, tokenId, entry.Position.Epoch, entry.Position.Seq, problems.Count);
                return new CorrectionResult(CorrectionStatus.Mended, problems, entry);
            }
        }

        return new CorrectionResult(CorrectionStatus.Pending, [], null);
    }

    private async Task<QuotaLogEntry?> MendLiveAsync(
        string tokenId, LiveLedger live, LedgerTail? tail, string reason, string requestId)
    {
        if (live.Position is not { } position)
            return null;
        // If SQL is ahead of Redis, the state in Redis is stale: the state in SQL is loaded in its place.
        if (tail is not null && position < tail.Position)
        {
            await staleStates.EvictAsync(tokenId, tail.Position);
            return null;
        }

        var result = await ledger.MendAsync(tokenId, position, tail?.QuotaAfter, AuditEventFormat.Note(ErrorType, reason), requestId);
        if (result is not { Snapshot: { } snapshot, Entries: [var entry] })
            return null;
        try
        {
            await logs.WriteAsync([entry], new NewestPositions(), CancellationToken.None);
            await quotas.WriteAsync([snapshot], CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            // The event stays in the outbox until the drain writes it, as for every other change.
            LogNotWrittenThrough(logger, tokenId, e.Store);
        }

        return entry;
    }

    /// <summary>A deleted token has only its rows, so the new row follows directly after them.</summary>
    private async Task<QuotaLogEntry> MendDeletedAsync(LedgerTail tail, string reason, string requestId)
    {
        var entry = new QuotaLogEntry
        {
            TokenId = tail.TokenId,
            WorkspaceId = tail.WorkspaceId,
            Email = tail.Email,
            Position = new LedgerPosition(tail.Position.Epoch, tail.Position.Seq + 1),
            QuotaBefore = tail.QuotaAfter,
            QuotaAfter = tail.QuotaAfter,
            Action = QuotaAction.Recharge,
            RequestId = requestId,
            ExecutionErrorType = ErrorType,
            ExecutionErrorMessage = reason,
            CreatedAt = time.GetUtcNow().UtcDateTime,
        };
        await logs.WriteAsync([entry], new NewestPositions(), CancellationToken.None);
        return entry;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger of {TokenId} was corrected at ({Epoch}, {Seq}): {Count} problems are explained")]
    private static partial void LogMended(ILogger logger, string tokenId, int epoch, long seq, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The correction of {TokenId} is not yet in {Store}; the drain will write it")]
    private static partial void LogNotWrittenThrough(ILogger logger, string tokenId, string store);
}
