using FlowQuota.Quotas;

namespace FlowQuota.Auditing;

/// <summary>The audit log in SQL.</summary>
/// <remarks>Every member throws <see cref="Storage.StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface IQuotaLogStore
{
    /// <summary>
    /// Writes entries so that each change ends as exactly one row, however often and in whatever order its entries come:
    /// an entry that meets a stored row of the same change fills in what is still null there. An entry that SQL refuses
    /// for its content, or that contradicts the stored row (another request or action under the same position), is set
    /// aside in <c>quota_dead_letters</c> with the reason; the rest goes through.
    /// </summary>
    /// <param name="entries">In any order; several of one change are merged.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>How many entries were set aside.</returns>
    Task<int> WriteAsync(IReadOnlyList<QuotaLogEntry> entries, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps something that cannot be an entry at all (a damaged outbox item) in <c>quota_dead_letters</c>.
    /// </summary>
    /// <param name="payload">The item as it was found.</param>
    /// <param name="reason">Why it was set aside.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task SetAsideAsync(string payload, string reason, CancellationToken cancellationToken);

    /// <summary>Finds the row of an admin's change of a quota.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request that made the change.</param>
    /// <param name="after">The row is later than this change.</param>
    /// <param name="since">The row was made at this instant or later, UTC.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The row; null if there is none (yet).</returns>
    Task<QuotaLogEntry?> FindChangeAsync(
        string tokenId, string requestId, LedgerPosition after, DateTime since, CancellationToken cancellationToken);

    /// <summary>Finds the rows of admitted calls that took something.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="from">First instant, UTC, inclusive.</param>
    /// <param name="until">Last instant, UTC, inclusive.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<IReadOnlyList<LedgerPosition>> FindCallsAsync(
        string tokenId, string requestId, DateTime from, DateTime until, CancellationToken cancellationToken);

    /// <summary>Reads one page of a token's log, newest first.</summary>
    Task<QuotaLogPage> ReadAsync(QuotaLogQuery query, CancellationToken cancellationToken);
}
