using FlowQuota.Admission;
using FlowQuota.Ledger;

namespace FlowQuota.Administration;

/// <summary>One check of ledgers: the problems, and the data they were derived from.</summary>
/// <param name="Problems">The known problems.</param>
/// <param name="Findings">The findings of SQL.</param>
/// <param name="Live">The state of each token in Redis.</param>
/// <param name="Tokens">How many tokens were checked.</param>
/// <param name="PendingTokens">How many of them could not be checked up to their last change.</param>
internal sealed record LedgerCheck(
    IReadOnlyList<LedgerProblem> Problems, LedgerFindings Findings, IReadOnlyDictionary<string, LiveLedger> Live, int Tokens, int PendingTokens);
