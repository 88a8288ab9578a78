namespace FlowQuota.Auditing;

/// <summary>The checks of the books that SQL makes by itself.</summary>
/// <remarks>Every member throws <see cref="Storage.StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface ILedgerCheckStore
{
    /// <summary>Lists public ids that have a row or a record, in their own order; deleted tokens too while their records are kept.</summary>
    /// <param name="after">Only ids after this one; null = from the first.</param>
    /// <param name="limit">Most ids.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<IReadOnlyList<string>> ListTokensAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Runs <c>infra/verify_ledger.sql</c> over a range of public ids, and reads where their records end.</summary>
    /// <param name="first">First id, inclusive; null = no bound, and what names no token too.</param>
    /// <param name="last">Last id, inclusive; null = no bound.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<LedgerFindings> CheckAsync(string? first, string? last, CancellationToken cancellationToken);
}
