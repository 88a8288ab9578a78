using FlowQuota.Ledger;

namespace FlowQuota.Administration;

/// <summary>The result of a ledger check.</summary>
/// <param name="Problems">All known problems, including those of pending tokens.</param>
/// <param name="CheckedTokens">How many tokens were checked up to their last change.</param>
/// <param name="PendingTokens">How many could not, because some of their changes were still on the way to SQL.</param>
/// <param name="Next">The start of the next page; null = this was the last.</param>
/// <param name="IsTruncated">True if there are more problems than are listed.</param>
public sealed record LedgerReport(
    IReadOnlyList<LedgerProblem> Problems, int CheckedTokens, int PendingTokens, string? Next, bool IsTruncated)
{
    /// <summary>False if there is a problem; null if none is known and not every token could be checked completely.</summary>
    public bool? IsBalanced => Problems.Count > 0 ? false : PendingTokens > 0 || IsTruncated ? null : true;
}
