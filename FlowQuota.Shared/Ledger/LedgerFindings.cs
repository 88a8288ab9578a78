namespace FlowQuota.Ledger;

/// <summary>The findings of SQL in the ledgers of some tokens, read at one time.</summary>
/// <param name="Problems">The rows of <c>infra/verify_ledger.sql</c>.</param>
/// <param name="Newest">The newest row of each token that has one.</param>
public sealed record LedgerFindings(IReadOnlyList<LedgerProblem> Problems, IReadOnlyDictionary<string, LedgerTail> Newest)
{
    /// <summary>How many problems are read at once; the statement's own limit.</summary>
    public const int MostProblems = 1000;
}
