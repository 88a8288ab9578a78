using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Outbox;

namespace FlowQuota.Administration;

/// <summary>
/// Finds what became of a request. The log has no index by request, because each call would pay for it; so only the newest
/// rows of the token are searched.
/// </summary>
public sealed class RequestLookup(AuditOutboxReader waiting, OutboxBacklog backlog, IQuotaLogStore logs, TimeProvider time)
{
    private const int MostRows = 20_000;
    private const int MostWaiting = 50_000;

    private static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>Finds the changes that a request made.</summary>
    /// <param name="tokenId">The public id.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Null if too many changes are on the way to SQL to be searched.</returns>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached.</exception>
    public async Task<FoundRequest?> FindAsync(string tokenId, string requestId, CancellationToken cancellationToken)
    {
        if ((await backlog.ReadAsync()).AuditLength > MostWaiting)
            return null;

        // The outbox first: an event that is no longer there is in SQL.
        var changes = await waiting.FindRequestAsync(tokenId, requestId);
        var (rows, searchedFrom) = await logs.FindRequestAsync(tokenId, requestId, time.GetUtcNow().UtcDateTime - Window, MostRows, cancellationToken);
        return new FoundRequest([.. rows.Concat(changes).GroupBy(change => change.Position).Select(Merge).OrderBy(change => change.Position)], searchedFrom);
    }

    // One of a change's copies, row and events, has the outcome.
    private static QuotaLogEntry Merge(IEnumerable<QuotaLogEntry> copies) => copies.MaxBy(static copy => copy.ExecutionSuccess is not null)!;
}
