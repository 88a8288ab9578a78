namespace FlowQuota.Quotas;

/// <summary>The quota columns of <c>access_tokens</c>, written by the sync drain alone.</summary>
public interface IQuotaStore
{
    /// <summary>
    /// Writes each snapshot whose position is later than the stored one, all in one statement where that is possible;
    /// the others change nothing, so SQL never goes backwards and a repeated write is harmless.
    /// </summary>
    /// <param name="snapshots">At most one for each token.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The snapshots that were not newer, or whose token is gone.</returns>
    /// <exception cref="Storage.StoreUnavailableException">SQL cannot be reached.</exception>
    Task<IReadOnlyList<RefusedSnapshot>> WriteAsync(IReadOnlyList<QuotaSnapshot> snapshots, CancellationToken cancellationToken);
}
