using FlowQuota.Errors;

namespace FlowQuota.Ledger;

/// <summary>The audit log in SQL.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface IQuotaLogStore
{
    /// <summary>
    /// Writes entries so that each change ends as exactly one row, however often and in whatever order its entries come:
    /// an entry of a stored change fills in the nulls of its row. An entry goes to <c>quota_dead_letters</c> with the reason if
    /// SQL refuses its content, or if it contradicts the stored row (another request or action at the same position). The
    /// others are written.
    /// </summary>
    /// <param name="entries">In any order; several of one change are merged.</param>
    /// <param name="newest">What the writer knows of the rows; the ones that are missing are read from SQL and added.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>How many entries became dead letters.</returns>
    Task<int> WriteAsync(IReadOnlyList<QuotaLogEntry> entries, NewestPositions newest, CancellationToken cancellationToken);

    /// <summary>Stores a damaged outbox item in <c>quota_dead_letters</c>.</summary>
    /// <param name="payload">The item as it was found.</param>
    /// <param name="reason">Why it cannot be an entry.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task DeadLetterAsync(string payload, string reason, CancellationToken cancellationToken);

    /// <summary>Finds the row of an admin's change of a quota.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request that made the change.</param>
    /// <param name="after">The row is later than this change.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The row; null if there is none (yet).</returns>
    Task<QuotaLogEntry?> FindChangeAsync(string tokenId, string requestId, LedgerPosition after, CancellationToken cancellationToken);

    /// <summary>Finds the rows of admitted calls with a cost.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="from">First instant, UTC, inclusive.</param>
    /// <param name="until">Last instant, UTC, inclusive.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<IReadOnlyList<FoundCall>> FindCallsAsync(
        string tokenId, string requestId, DateTime from, DateTime until, CancellationToken cancellationToken);

    /// <summary>Finds the rows of one request among the newest rows of a token.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="from">First instant, UTC, inclusive.</param>
    /// <param name="limit">Most rows of the token that are searched.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The rows, oldest first, and from when on all rows were searched.</returns>
    Task<(IReadOnlyList<QuotaLogEntry> Rows, DateTime SearchedFrom)> FindRequestAsync(
        string tokenId, string requestId, DateTime from, int limit, CancellationToken cancellationToken);

    /// <summary>Reads one page of a token's log, newest first.</summary>
    Task<QuotaLogPage> ReadAsync(QuotaLogQuery query, CancellationToken cancellationToken);
}
