namespace FlowQuota.Functions.Auditing;

/// <summary>
/// Whether the books balance. <c>pending_tokens</c> could not be judged, for changes of theirs are on the way to SQL;
/// <c>next</c> is the <c>after</c> of the next page, null on the last; <c>truncated</c> says that there is more than is told.
/// </summary>
internal sealed record LedgerReportView(
    bool Balanced, IReadOnlyList<LedgerProblemView> Problems, int CheckedTokens, int PendingTokens, string? Next, bool Truncated);
