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

    /// <summary>
    /// Writes the terms of <paramref name="token"/> (expiry, limits, type, active) if the stored row still has its
    /// <see cref="AccessToken.RowVersion"/>, and raises that by one. Quota columns are not touched: they are the drain's.
    /// </summary>
    /// <returns>The stored row after the change; null where the row changed meanwhile or is gone.</returns>
    Task<AccessToken?> TryUpdateTermsAsync(AccessToken token, CancellationToken cancellationToken);

    /// <summary>Removes a token; its log rows stay. False where there was none.</summary>
    Task<bool> DeleteAsync(string tokenId, CancellationToken cancellationToken);

    /// <summary>
    /// Takes the next epoch (<c>quota_epoch + 1</c>, committed before this returns) and reads the token and its newest
    /// log row after that, in one transaction. Null where there is no such token.
    /// </summary>
    Task<ColdToken?> TakeEpochAsync(string tokenId, CancellationToken cancellationToken);
}
