using FlowQuota.Quotas;

namespace FlowQuota.Auditing;

/// <summary>One look at the books: what was found, and on what it rests.</summary>
/// <param name="Problems">What does not balance, of tokens with nothing pending.</param>
/// <param name="Findings">What SQL said.</param>
/// <param name="Live">What Redis said of each token.</param>
/// <param name="Tokens">How many tokens were looked at.</param>
/// <param name="PendingTokens">How many of them could not be judged.</param>
internal sealed record LedgerCheck(
    IReadOnlyList<LedgerProblem> Problems, LedgerFindings Findings, IReadOnlyDictionary<string, LiveLedger> Live, int Tokens, int PendingTokens);
