using System.Text.Json;
using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Administration;

/// <summary>
/// The admins' operations on tokens. SQL is written first, then Redis; after the return, every instance applies the change.
/// </summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> if a store that it needs cannot be reached.</remarks>
public sealed partial class TokenAdministration(
    TokenCodec codec, ITokenStore tokens, QuotaLedger ledger, IQuotaStore quotas, IQuotaLogStore logs,
    TimeProvider time, ILogger<TokenAdministration> logger)
{
    private const int MaxQuota = int.MaxValue;
    private const int MaxCollisions = 10;

    private const string CreateRoute = "POST /flow/tokens";
    private const string ChangeRoute = "PUT /flow/tokens";
    private const string DeleteRoute = "DELETE /flow/tokens";
    private const string Deleted = "deleted";

    private readonly OutageLog _notPlaced = new(TimeProvider.System);
    private readonly OutageLog _notRemembered = new(TimeProvider.System);
    private readonly OutageLog _notWrittenThrough = new(TimeProvider.System);

    /// <summary>Makes a token.</summary>
    /// <param name="request">The properties of the token.</param>
    /// <param name="requestId">The request; stored in the log row.</param>
    /// <param name="cancellationToken">Cancels before SQL has committed.</param>
    /// <param name="key">The caller's key for the request, unique among all admins; null = each request makes a token.</param>
    /// <exception cref="IdempotencyMismatchException">The key is that of an earlier request for another token.</exception>
    public async Task<IssuedToken> CreateAsync(
        NewToken request, string requestId, CancellationToken cancellationToken, IdempotencyKeyText? key = null)
    {
        var minted = codec.Mint();
        var token = New(request, minted);
        if (key is null)
        {
            token = await tokens.CreateAsync(token, requestId, cancellationToken);
        }
        else
        {
            var once = new TokenRequest(TokenRequest.NewToken, requestId, key.Of(CreateRoute, JsonSerializer.SerializeToUtf8Bytes(request)));
            if (await FindRequestAsync(once, cancellationToken) is { } known)
                return await IssuedAsync(known, cancellationToken);
            if (await tokens.TryCreateAsync(once, token, ToResult(token), cancellationToken) is not { } created)
                return await IssuedAsync(await FindRequestAsync(once, cancellationToken) ?? throw new StoreUnavailableException("SQL"), cancellationToken);
            token = created;
        }

        try
        {
            await ledger.PrimeAsync(token);
        }
        catch (StoreUnavailableException e)
        {
            // The first call loads the token.
            if (_notPlaced.Count() is > 0 and var count)
                LogNotPlaced(logger, count, e.Store, token.TokenId);
        }

        return new IssuedToken(token, minted.FullToken);
    }

    /// <summary>The token that an earlier request made, as it was then.</summary>
    private async Task<IssuedToken> IssuedAsync(RememberedRequest known, CancellationToken cancellationToken)
    {
        var made = FromResult(known.Result!);
        // The result was written before the row had a number.
        long number = (await tokens.FindAsync(made.TokenId, cancellationToken))?.Id ?? 0;
        return new IssuedToken(made with { Id = number }, FullToken: null, known.RequestId);
    }

    private AccessToken New(NewToken request, MintedToken minted)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new AccessToken
        {
            TokenId = minted.TokenId,
            SecretHash = minted.SecretHash,
            WorkspaceId = request.WorkspaceId,
            Email = request.Email,
            Name = request.Name,
            Tags = request.Tags,
            Metadata = request.Metadata,
            CreatedAt = now,
            UpdatedAt = now,
            QuotaSyncedAt = now,
            ExpiresAt = request.Expiry.Apply(current: null, now),
            OperationType = request.Expiry.Operation,
            QuotaType = request.QuotaType,
            TotalQuota = request.TotalQuota,
            RemainingQuota = request.TotalQuota,
            Period = request.Period,
            PeriodState = request.Period is null ? null : PeriodState.Begin(request.Period, now),
            RateLimitPerMinute = request.RateLimitPerMinute,
            RateLimitBurst = request.RateLimitBurst,
            RateLimitWindowSeconds = request.RateLimitWindowSeconds,
        };
    }

    /// <summary>Finds one token; null if it does not exist.</summary>
    public async Task<LiveToken?> FindAsync(string tokenId, CancellationToken cancellationToken) =>
        await tokens.FindAsync(tokenId, cancellationToken) is { } token ? await WithLiveQuotaIfAvailableAsync(token) : null;

    /// <summary>Lists tokens, each with its present quota.</summary>
    public async Task<LiveTokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken)
    {
        var page = await tokens.SearchAsync(query, cancellationToken);
        var (live, isStale) = await WithLiveQuotasAsync(page.Tokens);
        return new LiveTokenPage(live, page.Count, isStale);
    }

    /// <summary>
    /// Reads one page of a list of tokens, without a count, each with its present quota. Which tokens are on it and in which order
    /// is by the quotas that SQL has, which are some seconds behind.
    /// </summary>
    public async Task<LiveTokenSlice> ScanAsync(TokenScan scan, CancellationToken cancellationToken)
    {
        var slice = await tokens.ScanAsync(scan, cancellationToken);
        var (live, isStale) = await WithLiveQuotasAsync(slice.Tokens);
        return new LiveTokenSlice(live, slice.Next, isStale);
    }

    private async Task<(IReadOnlyList<AccessToken> Tokens, bool IsStale)> WithLiveQuotasAsync(IReadOnlyList<AccessToken> listed)
    {
        try
        {
            return (await Task.WhenAll(listed.Select(token => WithLiveQuotaAsync(token, ledger.PeekAsync))), IsStale: false);
        }
        catch (StoreUnavailableException)
        {
            return ([.. listed.Select(AsOfNow)], IsStale: true);
        }
    }

    /// <summary>Changes a token, once; in force for every instance when this returns.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="change">The change.</param>
    /// <param name="requestId">
    /// The request, for the log row. A repeat under the same id returns the result of the first one, for
    /// <see cref="IdempotencyKey.TimeToLive"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels before anything is written.</param>
    /// <param name="key">The caller's key for the request; it takes the place of <paramref name="requestId"/> for repeats.</param>
    /// <exception cref="InvalidFieldException">The change does not fit the token.</exception>
    /// <exception cref="IdempotencyMismatchException">The id is that of an earlier request with another change.</exception>
    /// <exception cref="ChangeUnavailableException">
    /// A store is unavailable. The exception says whether the change may be in force.
    /// </exception>
    public Task<TokenChangeResult> ChangeAsync(
        string tokenId, TokenChange change, string requestId, CancellationToken cancellationToken, IdempotencyKeyText? key = null) =>
        ChangeAsync(ChangeRoute, tokenId, change, requestId, key, cancellationToken);

    /// <summary>Changes a token, once, for a request to another route than that of other changes.</summary>
    internal async Task<TokenChangeResult> ChangeAsync(
        string route, string tokenId, TokenChange change, string requestId, IdempotencyKeyText? key, CancellationToken cancellationToken)
    {
        var request = new TokenRequest(
            tokenId, requestId, key?.Of(route, change.ToBytes()) ?? IdempotencyKey.Of(route, requestId, change.ToBytes()));
        bool mayBeApplied = false;
        try
        {
            for (int attempt = 0; attempt < MaxCollisions; attempt++)
            {
                var known = await FindRequestAsync(request, cancellationToken);
                if (known?.Result is { } result)
                    return Replayed(FromResult(result), request, known);
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

                try
                {
                    mayBeApplied = true;
                    // The log row has the id of the first request.
                    return await FinishAsync(known is null ? request : request with { RequestId = known.RequestId }, changed, change, known);
                }
                catch (StoreUnavailableException e) when (known is null && !change.ChangesTerms && !RedisServer.MayHaveRun(e.InnerException))
                {
                    mayBeApplied = false;
                    await tokens.ForgetRequestAsync(request);
                    throw;
                }
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
    /// <param name="requestId">The request. A repeat under the same id returns the result of the first one.</param>
    /// <param name="cancellationToken">Cancels before anything is written.</param>
    /// <returns>False if the token did not exist.</returns>
    /// <exception cref="ChangeUnavailableException">
    /// A store is unavailable. The exception says whether the token may be deleted.
    /// </exception>
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
            // Also if SQL had no row, because an earlier attempt may have failed between the two.
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

    /// <summary>Puts a change into force whose terms are in SQL.</summary>
    /// <param name="request">The request.</param>
    /// <param name="token">The token in SQL.</param>
    /// <param name="change">The change.</param>
    /// <param name="known">For a repeat, the record of the first request, which may have changed the quota; else null.</param>
    private async Task<TokenChangeResult> FinishAsync(TokenRequest request, AccessToken token, TokenChange change, RememberedRequest? known)
    {
        Func<Task<QuotaLogEntry?>>? findRow = known is null ? null : () => logs.FindChangeAsync(
            token.TokenId, request.RequestId, known.Before, CancellationToken.None);
        var result = await ledger.ChangeAsync(token, change.QuotaOperation, change.QuotaAmount, request.RequestId, request.Key, findRow);
        switch (result.Status)
        {
            case QuotaChangeStatus.Done:
                token = result is { Snapshot: { } snapshot, Entries: { } entries }
                    ? await WriteThroughAsync(token, snapshot, entries)
                    // The change is in force even if Redis can no longer return the quota.
                    : (await WithLiveQuotaIfAvailableAsync(token)).Token;
                break;
            case QuotaChangeStatus.DoneBefore:
                token = token with { RemainingQuota = result.Snapshot?.Remaining, TotalQuota = result.Snapshot?.Total };
                break;
            default:
                // Refused: the request may be repeated with another body, unless its terms are in force already.
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

        await RememberAsync(request, ToResult(token));
        return result.Status == QuotaChangeStatus.DoneBefore ? Replayed(token, request, known) : new TokenChangeResult(token, IsReplay: false);
    }

    private static TokenChangeResult Replayed(AccessToken token, TokenRequest request, RememberedRequest? known) => new(token, IsReplay: true)
    {
        OriginalRequestId = request.Key.Text.Length > 0 ? known?.RequestId : null,
    };

    // The response does not need the hashes of the secrets.
    private static string ToResult(AccessToken token) => JsonSerializer.Serialize(token with { SecretHash = [], PreviousSecretHash = null });

    private static AccessToken FromResult(string result) => JsonSerializer.Deserialize<AccessToken>(result)!;

    /// <summary>Stores the result for repeats. If that fails, a repeat determines the result again.</summary>
    private async Task RememberAsync(TokenRequest request, string result)
    {
        try
        {
            await tokens.FinishRequestAsync(request, result);
        }
        catch (StoreUnavailableException e)
        {
            if (_notRemembered.Count() is > 0 and var count)
                LogNotRemembered(logger, count, e.Store, request.RequestId);
        }
    }

    private async Task CheckAsync(AccessToken token, AccessToken changed, TokenChange change)
    {
        bool metered = changed.QuotaType != QuotaType.Time;
        if (!metered && change.QuotaOperation != QuotaOperation.None)
            throw Unmetered();
        bool becomesMetered = metered && token.QuotaType == QuotaType.Time;
        if (!metered && changed.Period is not null)
            throw new InvalidFieldException("period", "needs a token of type count or hybrid; give quota_type too to make it one");
        if (becomesMetered && change.QuotaOperation == QuotaOperation.None && changed.Period is null)
            throw new InvalidFieldException("quota_operation", "must be given (set, add or reset, with quota_amount), or a period, when a time token becomes count or hybrid");
        if (becomesMetered && change is { QuotaOperation: QuotaOperation.Reset, QuotaAmount: null })
            throw Unset();

        // One script changes the quota, or refuses to.
        if (!change.ChangesTerms)
            return;

        // Before the terms are written to SQL, so that nothing changes if Redis is down.
        if (change.QuotaOperation == QuotaOperation.None && changed.QuotaType == token.QuotaType && changed.Period == token.Period)
        {
            await ledger.PeekAsync(token.TokenId);
            return;
        }

        await ledger.LoadAsync(token.TokenId);
        if (change.QuotaOperation is QuotaOperation.Add or QuotaOperation.Set && await ledger.PeekAsync(token.TokenId) is { } live)
        {
            long kept = (live.Total ?? 0L) - (change.QuotaOperation == QuotaOperation.Set ? live.Remaining ?? 0 : 0);
            if (kept + change.QuotaAmount!.Value > MaxQuota)
                throw Overflow();
        }
    }

    /// <summary>
    /// Writes an admin's change of a quota to SQL at once, so that it does not depend on Redis keeping its last second.
    /// </summary>
    /// <returns>
    /// The token with its quota after the change. Redis is not read again, because that could only fail a change that is in
    /// force.
    /// </returns>
    private async Task<AccessToken> WriteThroughAsync(AccessToken token, QuotaSnapshot snapshot, IReadOnlyList<QuotaLogEntry> entries)
    {
        token = WithQuota(token, snapshot.Quota);
        try
        {
            await logs.WriteAsync(entries, new NewestPositions(), CancellationToken.None);
            await quotas.WriteAsync([snapshot], CancellationToken.None);
            return token with { QuotaSyncedAt = time.GetUtcNow().UtcDateTime };
        }
        catch (StoreUnavailableException e)
        {
            // The change is in force. Its event stays in the outbox until the drain writes it.
            if (_notWrittenThrough.Count() is > 0 and var count)
                LogNotWrittenThrough(logger, count, e.Store, token.TokenId);
            return token;
        }
    }

    private async Task<LiveToken> WithLiveQuotaIfAvailableAsync(AccessToken token)
    {
        try
        {
            return new LiveToken(await WithLiveQuotaAsync(token, ledger.LookAsync), IsStale: false);
        }
        catch (StoreUnavailableException)
        {
            return new LiveToken(AsOfNow(token), IsStale: true);
        }
    }

    /// <summary>The token with its present quota.</summary>
    private async Task<AccessToken> WithLiveQuotaAsync(AccessToken token, Func<string, Task<LiveQuota?>> read)
    {
        if (token.QuotaType == QuotaType.Time)
            return token with { RemainingQuota = null, TotalQuota = null, ReservedQuota = 0 };
        if (await read(token.TokenId) is { } live)
            token = WithQuota(token, live);
        return AsOfNow(token);
    }

    private static AccessToken WithQuota(AccessToken token, LiveQuota quota) =>
        token with { RemainingQuota = quota.Remaining, TotalQuota = quota.Total, ReservedQuota = quota.Reserved, PeriodState = quota.Period };

    /// <summary>The token as if its next period had begun if the present one is over.</summary>
    private AccessToken AsOfNow(AccessToken token)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (token is not { Period: { } rule, PeriodState: { } period, RemainingQuota: { } remaining } || now < period.EndsAt)
            return token;
        var end = period.End(rule, remaining, now);
        remaining += end.Refilled - end.Expired;
        return token with { RemainingQuota = remaining, TotalQuota = remaining, ReservedQuota = 0, PeriodState = end.State };
    }

    private static InvalidFieldException Unmetered() =>
        new("quota_operation", "needs a token of type count or hybrid; give quota_type too to make it one");

    private static InvalidFieldException Unset() =>
        new("quota_amount", "must be given for a reset: the token has no total to go back to");

    private static InvalidFieldException Overflow() =>
        new("quota_amount", "must leave the total at or below 2147483647");

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} new tokens since the last such line were not placed in {Store}; their first calls load them; the last was {TokenId}")]
    private static partial void LogNotPlaced(ILogger logger, int count, string store, string tokenId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The results of {Count} requests since the last such line are not yet in {Store}; a repeat determines them again; the last was {RequestId}")]
    private static partial void LogNotRemembered(ILogger logger, int count, string store, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} changes since the last such line are in force but not yet in {Store}; the drain will write them; the last was of {TokenId}")]
    private static partial void LogNotWrittenThrough(ILogger logger, int count, string store, string tokenId);
}
