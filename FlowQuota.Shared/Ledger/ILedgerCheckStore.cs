using FlowQuota.Errors;

namespace FlowQuota.Ledger;

/// <summary>The ledger checks that SQL can do alone.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when SQL cannot be reached.</remarks>
public interface ILedgerCheckStore
{
    /// <summary>
    /// Lists public ids that have a token or a log row, in ascending order. Includes deleted tokens whose rows are kept.
    /// </summary>
    /// <param name="after">Only ids after this one; null = from the first.</param>
    /// <param name="limit">Most ids.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<IReadOnlyList<string>> ListTokensAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Runs <c>infra/verify_ledger.sql</c> over a range of public ids, and reads the newest row of each.</summary>
    /// <param name="first">First id, inclusive; null = no bound, and dead letters that name no token are included.</param>
    /// <param name="last">Last id, inclusive; null = no bound.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task<LedgerFindings> CheckAsync(string? first, string? last, CancellationToken cancellationToken);
}
