using FlowQuota.Errors;

namespace FlowQuota.Usage;

/// <summary>Makes statements from the log.</summary>
public interface IStatementStore
{
    /// <summary>The statement of a token; null if it has no row, neither in that time nor before it.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="from">UTC, inclusive.</param>
    /// <param name="until">UTC, exclusive.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    Task<LedgerStatement?> ReadAsync(string tokenId, DateTime from, DateTime until, CancellationToken cancellationToken);
}
