namespace FlowQuota.Tokens;

/// <summary>The tokens in SQL: the truth about terms, and the fence that keeps a quota from being loaded twice.</summary>
/// <remarks>Every member throws <see cref="Storage.StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface ITokenStore
{
    /// <summary>Stores a new token and its <c>init</c> log row (epoch 1, seq 1) in one transaction.</summary>
    /// <param name="token">The token; its id is ignored.</param>
    /// <param name="requestId">The request that asked for it, for the log row.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The token with its row number.</returns>
    Task<AccessToken> CreateAsync(AccessToken token, string requestId, CancellationToken cancellationToken);

    /// <summary>Reads one token; null where there is none.</summary>
    Task<AccessToken?> FindAsync(string tokenId, CancellationToken cancellationToken);

    /// <summary>Lists tokens, oldest first.</summary>
    Task<TokenPage> SearchAsync(TokenQuery query, CancellationToken cancellationToken);

    /// <summary>Reads what is known of a request that came before under the same key; null if none did.</summary>
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
    /// The stored row; null if nothing was written because the row changed or is gone, or because the request is known already.
    /// </returns>
    Task<AccessToken?> TryBeginChangeAsync(TokenRequest request, AccessToken token, bool changesTerms, CancellationToken cancellationToken);

    /// <summary>Remembers what a request led to.</summary>
    /// <param name="request">The request.</param>
    /// <param name="result">What a repeat is answered with.</param>
    Task FinishRequestAsync(TokenRequest request, string result);

    /// <summary>Forgets a request that changed nothing, so that it may come again with another body.</summary>
    Task ForgetRequestAsync(TokenRequest request);

    /// <summary>
    /// Writes the terms of <paramref name="token"/> (expiry, limits, type, active) if the stored row still has its
    /// <see cref="AccessToken.RowVersion"/>, and raises that by one. Quota columns are not touched: they are the drain's.
    /// </summary>
    /// <returns>The stored row after the change; null where the row changed meanwhile or is gone.</returns>
    Task<AccessToken?> TryUpdateTermsAsync(AccessToken token, CancellationToken cancellationToken);

    /// <summary>Removes a token and remembers the request; its log rows stay. False if there was none.</summary>
    Task<bool> DeleteAsync(TokenRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the next epoch (<c>quota_epoch + 1</c>, committed before this returns) and reads the token and its newest
    /// log row after that, in one transaction. Null where there is no such token.
    /// </summary>
    Task<ColdToken?> TakeEpochAsync(string tokenId, CancellationToken cancellationToken);
}
