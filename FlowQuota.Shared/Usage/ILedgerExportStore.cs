using FlowQuota.Errors;

namespace FlowQuota.Usage;

/// <summary>Reads the log from one end to the other.</summary>
public interface ILedgerExportStore
{
    /// <summary>
    /// Reads the next rows. Those made at <c>complete_until</c> or later are held back, so that no row can come behind the cursor.
    /// </summary>
    /// <param name="tokenId">Only rows of this token; null = of all.</param>
    /// <param name="after">Where the read before ended; of the same order.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    Task<LedgerExportPage> ReadAsync(string? tokenId, LedgerCursor after, int limit, CancellationToken cancellationToken);
}
