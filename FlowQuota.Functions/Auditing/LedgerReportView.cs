namespace FlowQuota.Functions.Auditing;

/// <summary>
/// Whether the ledger balances: null if no problem is known but some tokens are pending. <c>pending_tokens</c> could be
/// checked only in part, because changes of theirs are on the way to SQL. <c>next</c> is the <c>after</c> of the next page,
/// null on the last. <c>truncated</c> means that there are more problems than are listed.
/// </summary>
internal sealed record LedgerReportView(
    bool? Balanced, IReadOnlyList<LedgerProblemView> Problems, int CheckedTokens, int PendingTokens, string? Next, bool Truncated);
