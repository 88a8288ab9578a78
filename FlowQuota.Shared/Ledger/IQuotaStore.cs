using FlowQuota.Errors;

namespace FlowQuota.Ledger;

/// <summary>The quota columns of <c>access_tokens</c>, which only the sync drain writes.</summary>
public interface IQuotaStore
{
    /// <summary>
    /// Writes each snapshot whose position is later than the stored one, if possible all in one statement. The others change
    /// nothing, so SQL never goes backwards and a repeated write is harmless.
    /// </summary>
    /// <param name="snapshots">At most one for each token.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The snapshots that are older than what SQL has, or whose token is deleted.</returns>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    Task<IReadOnlyList<RefusedSnapshot>> WriteAsync(IReadOnlyList<QuotaSnapshot> snapshots, CancellationToken cancellationToken);
}
