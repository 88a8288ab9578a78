using System.Text.Json;
using FlowQuota.Auditing;
using FlowQuota.Quotas;
using FlowQuota.Storage;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Tokens;

/// <summary>What admins do with tokens. SQL is written first, then Redis; an answer means that every instance obeys.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when a store that it needs cannot be reached.</remarks>
public sealed partial class TokenAdministration(
    TokenCodec codec, ITokenStore tokens, QuotaLedger ledger, IQuotaStore quotas, IQuotaLogStore logs,
    TimeProvider time, ILogger<TokenAdministration> logger)
{
    private const int MaxQuota = int.MaxValue;
    private const int MaxCollisions = 10;

    private const string ChangeRoute = "PUT /flow/tokens";
    private const string DeleteRoute = "DELETE /flow/tokens";
    private const string Deleted = "deleted";

    // Rows are dated by Redis' clock, requests by ours. It only bounds how far back a row is looked for.
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromDays(1);

    private readonly OutageLog _notPlaced = new(TimeProvider.System);
    private readonly OutageLog _notWrittenThrough = new(TimeProvider.System);

    /// <summary>Makes a token.</summary>
    /// <param name="request">What it is to be.</param>
    /// <param name="requestId">The request, for the log row.</param>
    /// <param name="cancellationToken">Cancels before SQL has committed.</param>
    public async Task<IssuedToken> CreateAsync(NewToken request, string requestId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var minted = codec.Mint();
        var token = await tokens.CreateAsync(new AccessToken
        {
            TokenId = minted.TokenId,
            SecretHash = minted.SecretHash,
            WorkspaceId = request.WorkspaceId,
            Email = request.Email,
            CreatedAt = now,
            UpdatedAt = now,
            QuotaSyncedAt = now,
            ExpiresAt = request.Expiry.Apply(current: null, now),
            OperationType = request.Expiry.Operation,
            QuotaType = request.QuotaType,
            TotalQuota = request.TotalQuota,
            RemainingQuota = request.TotalQuota,
            RateLimitPerMinute = request.RateLimitPerMinute,
            RateLimitBurst = request.RateLimitBurst,
            RateLimitWindowSeconds = request.RateLimitWindowSeconds,
        }, requestId, cancellationToken);

        try
        {
            await ledger.PlaceNewAsync(token);
        }
        catch (StoreUnavailableException e)
        {
            // The first call loads it.
            if (_notPlaced.Count() is > 0 and var count)
                LogNotPlaced(logger, count, e.Store, token.TokenId);
        }

        return new IssuedToken(token, minted.FullToken);
    }

    /// <summary>Finds one token; null where there is none.</summary>
    public async Task<LiveToken?> FindAsync(string tokenId, CancellationToken cancellationToken)
    {
        var page = await SearchAsync(new TokenQuery(tokenId, null, null, 1, 1), cancellationToken);
        return page.Tokens.Count == 0 ? null : new LiveToken(page.Tokens[0], page.IsStale);
    }

    /// <summary>Lists tokens, each with its quota as it is now.</summary>
    public async Task<LiveTokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken)
    {
        var page = await tokens.SearchAsync(query, cancellationToken);
        try
        {
            return new LiveTokenPage(await Task.WhenAll(page.Tokens.Select(WithLiveQuotaAsync)), page.Count, IsStale: false);
        }
        catch (StoreUnavailableException)
        {
            return new LiveTokenPage(page.Tokens, page.Count, IsStale: true);
        }
    }

    /// <summary>Changes a token, once; in force for every instance when this returns.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="change">What to change.</param>
    /// <param name="requestId">
    /// The request, for the log row. A repeat under the same id is answered with what the first one led to, for
    /// <see cref="IdempotencyKey.TimeToLive"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels before anything is written.</param>
    /// <exception cref="InvalidFieldException">The change does not fit the token.</exception>
    /// <exception cref="IdempotencyMismatchException">The id is that of an earlier request with another change.</exception>
    /// <exception cref="ChangeUnavailableException">A store is unavailable; says whether the change may be in force.</exception>
    public async Task<TokenChangeResult> ChangeAsync(string tokenId, TokenChange change, string requestId, CancellationToken cancellationToken)
    {
        var request = new TokenRequest(tokenId, requestId, IdempotencyKey.Of(ChangeRoute, requestId, change.ToBytes()));
        bool mayBeApplied = false;
        try
        {
            for (int attempt = 0; attempt < MaxCollisions; attempt++)
            {
                var known = await FindRequestAsync(request, cancellationToken);
                if (known?.Result is { } result)
                    return new TokenChangeResult(JsonSerializer.Deserialize<AccessToken>(result), IsReplay: true);
                mayBeApplied = known is not null;
                if (await tokens.FindAsync(tokenId, cancellationToken) is not { } token)
                {
                    await ledger.DeleteAsync(tokenId);
                    return new TokenChangeResult(null, IsReplay: false);
                }

                var changed = token;
                if (known is null)
                {
                    changed = change.Apply(token, time.GetUtcNow().UtcDateTime);
                    await CheckAsync(token, changed, change);
                    mayBeApplied = change.ChangesTerms;
                    if (await tokens.TryBeginChangeAsync(request, changed, change.ChangesTerms, cancellationToken) is not { } begun)
                        continue;
                    changed = begun;
                }

                mayBeApplied = true;
                return await FinishAsync(request, changed, change, known);
            }

            throw new StoreUnavailableException("SQL");
        }
        catch (StoreUnavailableException e)
        {
            throw new ChangeUnavailableException(e, mayBeApplied);
        }
    }

    /// <summary>Removes a token; its log rows stay.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request. A repeat under the same id is answered as the first one.</param>
    /// <param name="cancellationToken">Cancels before anything is written.</param>
    /// <returns>False if there was no such token.</returns>
    /// <exception cref="ChangeUnavailableException">A store is unavailable; says whether the token may be deleted.</exception>
    public async Task<bool> DeleteAsync(string tokenId, string requestId, CancellationToken cancellationToken)
    {
        var request = new TokenRequest(tokenId, requestId, IdempotencyKey.Of(DeleteRoute, requestId, []));
        bool mayBeApplied = false;
        try
        {
            var known = await FindRequestAsync(request, cancellationToken);
            if (known?.Result is not null)
                return true;
            mayBeApplied = true;
            bool existed = known is not null || await tokens.DeleteAsync(request, cancellationToken);
            // Also if SQL had no row: an earlier attempt may have failed between the two.
            await ledger.DeleteAsync(tokenId);
            if (existed)
                await RememberAsync(request, Deleted);
            return existed;
        }
        catch (StoreUnavailableException e)
        {
            throw new ChangeUnavailableException(e, mayBeApplied);
        }
    }

    private async Task<RememberedRequest?> FindRequestAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        var known = await tokens.FindRequestAsync(request, cancellationToken);
        return known is null || known.Fingerprint == request.Key.Fingerprint ? known : throw new IdempotencyMismatchException();
    }

    /// <summary>Puts a change into force of which SQL has the terms.</summary>
    /// <param name="request">The request.</param>
    /// <param name="token">The token as SQL has it.</param>
    /// <param name="change">What to change.</param>
    /// <param name="known">For a repeat, what is known of the first request, which may have changed the quota; else null.</param>
    private async Task<TokenChangeResult> FinishAsync(TokenRequest request, AccessToken token, TokenChange change, RememberedRequest? known)
    {
        Func<Task<QuotaLogEntry?>>? findRow = known is null ? null : () => logs.FindChangeAsync(
            token.TokenId, request.RequestId, known.Before, known.CreatedAt - MaxClockSkew, CancellationToken.None);
        var result = await ledger.ChangeAsync(token, change.QuotaOperation, change.QuotaAmount, request.RequestId, request.Key, findRow);
        switch (result.Status)
        {
            case QuotaChangeStatus.Done:
                token = result is { Snapshot: { } snapshot, Entry: { } entry }
                    ? await WriteThroughAsync(token, snapshot, entry)
                    : await WithLiveQuotaIfToldAsync(token);
                break;
            case QuotaChangeStatus.DoneBefore:
                token = token with { RemainingQuota = result.Snapshot?.Remaining, TotalQuota = result.Snapshot?.Total };
                break;
            default:
                // Refused: it may come again with another body, unless its terms are in force already.
                if (!change.ChangesTerms)
                    await tokens.ForgetRequestAsync(request);
                return result.Status switch
                {
                    QuotaChangeStatus.Mismatch => throw new IdempotencyMismatchException(),
                    QuotaChangeStatus.Unmetered => throw Unmetered(),
                    QuotaChangeStatus.Unset => throw Unset(),
                    QuotaChangeStatus.Overflow => throw Overflow(),
                    _ => new TokenChangeResult(null, IsReplay: false),
                };
        }

        // The hash of the secret is not needed to answer.
        await RememberAsync(request, JsonSerializer.Serialize(token with { SecretHash = [] }));
        return new TokenChangeResult(token, IsReplay: result.Status == QuotaChangeStatus.DoneBefore);
    }

    /// <summary>Has repeats answered without another look. If it fails, they find out by themselves.</summary>
    private async Task RememberAsync(TokenRequest request, string result)
    {
        try
        {
            await tokens.FinishRequestAsync(request, result);
        }
        catch (StoreUnavailableException e)
        {
            LogNotRemembered(logger, request.RequestId, e.Store);
        }
    }

    private async Task CheckAsync(AccessToken token, AccessToken changed, TokenChange change)
    {
        bool metered = changed.QuotaType != QuotaType.Time;
        if (!metered && change.QuotaOperation != QuotaOperation.None)
            throw Unmetered();
        bool becomesMetered = metered && token.QuotaType == QuotaType.Time;
        if (becomesMetered && change.QuotaOperation == QuotaOperation.None)
            throw new InvalidFieldException("quota_operation", "must be given (set, add or reset, with quota_amount) when a time token becomes count or hybrid");
        if (becomesMetered && change is { QuotaOperation: QuotaOperation.Reset, QuotaAmount: null })
            throw Unset();

        // Before SQL is touched: where Redis is away, nothing changes.
        if (change.QuotaOperation == QuotaOperation.None && changed.QuotaType == token.QuotaType)
        {
            await ledger.LookAsync(token.TokenId);
            return;
        }

        await ledger.LoadAsync(token.TokenId);
        if (change.QuotaOperation is QuotaOperation.Add or QuotaOperation.Set && await ledger.LookAsync(token.TokenId) is { } live)
        {
            long kept = (live.Total ?? 0L) - (change.QuotaOperation == QuotaOperation.Set ? live.Remaining ?? 0 : 0);
            if (kept + change.QuotaAmount!.Value > MaxQuota)
                throw Overflow();
        }
    }

    /// <summary>Writes an admin's change of a quota to SQL at once, so that it does not depend on Redis keeping its last second.</summary>
    /// <returns>The token with the quota that the change left: asking Redis once more could only fail a change that is in force.</returns>
    private async Task<AccessToken> WriteThroughAsync(AccessToken token, QuotaSnapshot snapshot, QuotaLogEntry entry)
    {
        token = token with { RemainingQuota = snapshot.Remaining, TotalQuota = snapshot.Total };
        try
        {
            await logs.WriteAsync([entry], CancellationToken.None);
            await quotas.WriteAsync([snapshot], CancellationToken.None);
            return token with { QuotaSyncedAt = time.GetUtcNow().UtcDateTime };
        }
        catch (StoreUnavailableException e)
        {
            // It is in force, and waits in the outbox like every other change.
            if (_notWrittenThrough.Count() is > 0 and var count)
                LogNotWrittenThrough(logger, count, e.Store, token.TokenId);
            return token;
        }
    }

    /// <summary>The token as it is: in force, whether or not Redis can still be asked what is left.</summary>
    private async Task<AccessToken> WithLiveQuotaIfToldAsync(AccessToken token)
    {
        try
        {
            return await WithLiveQuotaAsync(token);
        }
        catch (StoreUnavailableException)
        {
            return token;
        }
    }

    private async Task<AccessToken> WithLiveQuotaAsync(AccessToken token)
    {
        if (token.QuotaType == QuotaType.Time)
            return token with { RemainingQuota = null, TotalQuota = null };
        return await ledger.LookAsync(token.TokenId) is { } live
            ? token with { RemainingQuota = live.Remaining, TotalQuota = live.Total }
            : token;
    }

    private static InvalidFieldException Unmetered() =>
        new("quota_operation", "needs a token of type count or hybrid; give quota_type too to make it one");

    private static InvalidFieldException Unset() =>
        new("quota_amount", "must be given for a reset: the token has no total to go back to");

    private static InvalidFieldException Overflow() =>
        new("quota_amount", "must leave the total at or below 2147483647");

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} new tokens since the last such line were not placed in {Store}; their first calls load them; the last was {TokenId}")]
    private static partial void LogNotPlaced(ILogger logger, int count, string store, string tokenId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What request {RequestId} led to is not yet in {Store}; a repeat finds out by itself")]
    private static partial void LogNotRemembered(ILogger logger, string requestId, string store);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} changes since the last such line are in force but not yet in {Store}; the drain will write them; the last was of {TokenId}")]
    private static partial void LogNotWrittenThrough(ILogger logger, int count, string store, string tokenId);
}
