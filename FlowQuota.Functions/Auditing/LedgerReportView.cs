namespace FlowQuota.Functions.Auditing;

/// <summary>Whether the ledger balances.</summary>
/// <param name="Balanced">Whether it does; null if no problem is known, but some tokens are pending.</param>
/// <param name="Problems">What is wrong.</param>
/// <param name="CheckedTokens">How many tokens were checked.</param>
/// <param name="PendingTokens">How many of them could be checked only in part, because changes of theirs are on the way to SQL.</param>
/// <param name="Next">The <c>after</c> of the next page; null on the last.</param>
/// <param name="Truncated">True if there are more problems than are listed.</param>
internal sealed record LedgerReportView(
    bool? Balanced, IReadOnlyList<LedgerProblemView> Problems, int CheckedTokens, int PendingTokens, string? Next, bool Truncated);
