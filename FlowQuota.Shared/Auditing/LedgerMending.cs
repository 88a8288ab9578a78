using FlowQuota.Quotas;
using FlowQuota.Storage;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Auditing;

/// <summary>
/// Mends the books of a token when an admin asks for it and says why: one more record, from where the records end to
/// what is live, so that the chain is whole from there on. Nothing that was written before is touched.
/// </summary>
public sealed partial class LedgerMending(
    LedgerVerification verification, QuotaLedger ledger, GhostEviction ghosts, ITokenStore tokens, IQuotaLogStore logs, IQuotaStore quotas,
    TimeProvider time, ILogger<LedgerMending> logger)
{
    /// <summary>The <c>execution_error_type</c> of a record that mends; its message is the admin's reason.</summary>
    public const string ErrorType = "LedgerMended";

    private const int MaxAttempts = 5;

    /// <summary>Mends the books of one token.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="reason">Why they differ, 1-500 characters; kept in the record.</param>
    /// <param name="requestId">The request, for the record.</param>
    /// <param name="cancellationToken">Cancels before anything is written.</param>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached.</exception>
    public async Task<MendResult> MendAsync(string tokenId, string reason, string requestId, CancellationToken cancellationToken)
    {
        bool exists = await tokens.FindAsync(tokenId, cancellationToken) is not null;
        IReadOnlyList<LedgerProblem> problems = [];
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            if (exists)
                exists = await ledger.LoadAsync(tokenId);
            var check = await verification.CheckAsync(tokenId, cancellationToken);
            if (check.PendingTokens > 0)
                return new MendResult(MendStatus.Pending, [], null);
            var tail = check.Findings.Newest.GetValueOrDefault(tokenId);
            if (!exists && tail is null)
                return new MendResult(MendStatus.Unknown, [], null);
            // What was found once is told, also where a second look no longer finds it: nothing mends silently.
            if (check.Problems.Count > 0)
                problems = check.Problems;
            if (problems.Count == 0)
                return new MendResult(MendStatus.Balanced, [], null);

            var entry = exists
                ? await MendLiveAsync(tokenId, check.Live[tokenId], tail, reason, requestId)
                : await MendDeletedAsync(tail!, reason, requestId);
            if (entry is not null)
            {
                LogMended(logger, tokenId, entry.Position.Epoch, entry.Position.Seq, problems.Count);
                return new MendResult(MendStatus.Mended, problems, entry);
            }
        }

        return new MendResult(MendStatus.Pending, [], null);
    }

    private async Task<QuotaLogEntry?> MendLiveAsync(
        string tokenId, LiveLedger live, LedgerTail? tail, string reason, string requestId)
    {
        if (live.Position is not { } position)
            return null;
        // Where SQL is ahead of Redis, this state is a ghost: what SQL has is loaded in its place.
        if (tail is not null && position < tail.Position)
        {
            await ghosts.EvictAsync(tokenId, tail.Position);
            return null;
        }

        var result = await ledger.MendAsync(tokenId, position, tail?.QuotaAfter, AuditEventFormat.Note(ErrorType, reason), requestId);
        if (result is not { Snapshot: { } snapshot, Entry: { } entry })
            return null;
        try
        {
            await logs.WriteAsync([entry], CancellationToken.None);
            await quotas.WriteAsync([snapshot], CancellationToken.None);
        }
        catch (StoreUnavailableException e)
        {
            // It waits in the outbox like every other change.
            LogNotWrittenThrough(logger, tokenId, e.Store);
        }

        return entry;
    }

    /// <summary>Nothing but the records is left of a deleted token, so the new one comes straight after them.</summary>
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
        await logs.WriteAsync([entry], CancellationToken.None);
        return entry;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The books of {TokenId} were mended at ({Epoch}, {Seq}): {Count} problems are explained")]
    private static partial void LogMended(ILogger logger, string tokenId, int epoch, long seq, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The record that mends {TokenId} is not yet in {Store}; the drain will write it")]
    private static partial void LogNotWrittenThrough(ILogger logger, string tokenId, string store);
}
