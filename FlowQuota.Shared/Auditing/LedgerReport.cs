namespace FlowQuota.Auditing;

/// <summary>What a look at the books found.</summary>
/// <param name="Problems">Everything that does not balance; empty = the books of the tokens looked at balance.</param>
/// <param name="CheckedTokens">How many tokens could be judged.</param>
/// <param name="PendingTokens">How many could not, because changes of theirs were still on the way to SQL.</param>
/// <param name="Next">Where the next page begins; null = this was the last.</param>
/// <param name="IsTruncated">True where there are more problems than are told.</param>
public sealed record LedgerReport(
    IReadOnlyList<LedgerProblem> Problems, int CheckedTokens, int PendingTokens, string? Next, bool IsTruncated);
