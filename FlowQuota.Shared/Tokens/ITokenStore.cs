using FlowQuota.Errors;

namespace FlowQuota.Tokens;

/// <summary>
/// The tokens in SQL: the authority for their terms, and the fence that keeps a quota from being loaded twice.
/// </summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface ITokenStore
{
    /// <summary>Stores a new token and its <c>init</c> log row (epoch 1, seq 1) in one transaction.</summary>
    /// <param name="token">The token; its id is ignored.</param>
    /// <param name="requestId">The request that asked for it; stored in the log row.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The token with its row number.</returns>
    Task<AccessToken> CreateAsync(AccessToken token, string requestId, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a new token as <see cref="CreateAsync"/> does, and in the same transaction the request that asked for it, with its
    /// result.
    /// </summary>
    /// <param name="request">The request; its token is <see cref="TokenRequest.NewToken"/>.</param>
    /// <param name="token">The token; its row number is ignored.</param>
    /// <param name="result">The result for repeats.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The token with its row number; null if the request is known, so that nothing was stored.</returns>
    Task<AccessToken?> TryCreateAsync(TokenRequest request, AccessToken token, string result, CancellationToken cancellationToken);

    /// <summary>Reads one token; null if it does not exist.</summary>
    Task<AccessToken?> FindAsync(string tokenId, CancellationToken cancellationToken);

    /// <summary>Reads tokens, in any order; those that do not exist are missing.</summary>
    Task<IReadOnlyList<AccessToken>> FindAsync(IReadOnlyCollection<string> tokenIds, CancellationToken cancellationToken);

    /// <summary>Lists tokens, oldest first.</summary>
    Task<TokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken);

    /// <summary>Reads one page of a list of tokens, without a count.</summary>
    Task<TokenSlice> ScanAsync(TokenScan scan, CancellationToken cancellationToken);

    /// <summary>Reads the record of an earlier request under the same key; null if there is none.</summary>
    Task<RememberedRequest?> FindRequestAsync(TokenRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Begins an admin's change: remembers the request and writes the terms, in one transaction, so that a repeat of the
    /// request does not write them again.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="token">The token with its new terms.</param>
    /// <param name="changesTerms">False if the terms stay as they are.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// The stored row; null if nothing was written because the row changed or is deleted, or because the request is known.
    /// </returns>
    Task<AccessToken?> TryBeginChangeAsync(TokenRequest request, AccessToken token, bool changesTerms, CancellationToken cancellationToken);

    /// <summary>Stores the result of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="result">The result for a repeat.</param>
    Task FinishRequestAsync(TokenRequest request, string result);

    /// <summary>Deletes the record of a request that changed nothing, so that it may come again with another body.</summary>
    Task ForgetRequestAsync(TokenRequest request);

    /// <summary>
    /// Writes the terms of <paramref name="token"/> (expiry, limits, type, active, secrets) if the stored row still has its
    /// <see cref="AccessToken.RowVersion"/>, and raises that. Quota columns are not touched; only the drain writes them.
    /// </summary>
    /// <returns>The stored row after the change; null if the row was changed or deleted since it was read.</returns>
    Task<AccessToken?> TryUpdateTermsAsync(AccessToken token, CancellationToken cancellationToken);

    /// <summary>Removes a token and remembers the request; its log rows stay. False if there was none.</summary>
    Task<bool> DeleteAsync(TokenRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the next epoch (committed before this returns) and reads the token and its newest log row after that, in one
    /// transaction. The epoch is above <c>quota_epoch</c>, above those of the token's quota and newest log row, and above
    /// <paramref name="seenEpoch"/>, because a restored database may have an older <c>quota_epoch</c>.
    /// </summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="seenEpoch">The highest epoch of the token that Redis shows, 0 = none.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Null if the token does not exist.</returns>
    Task<ColdToken?> TakeEpochAsync(string tokenId, int seenEpoch, CancellationToken cancellationToken);
}
