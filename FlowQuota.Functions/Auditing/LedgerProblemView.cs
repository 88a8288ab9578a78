using FlowQuota.Ledger;

namespace FlowQuota.Functions.Auditing;

/// <summary>A problem in the ledger of a token.</summary>
/// <param name="Token">The public id of the token; null if the row names none.</param>
/// <param name="Epoch">First part of the position of its row; null if it is not that of one row.</param>
/// <param name="Seq">Second part of the position of its row; null if it is not that of one row.</param>
/// <param name="Problem">A problem that <c>infra/verify_ledger.sql</c> reports, or <c>live</c>.</param>
/// <param name="Detail">What is wrong, for people.</param>
internal sealed record LedgerProblemView(string? Token, long? Epoch, long? Seq, string Problem, string Detail)
{
    public static LedgerProblemView Of(LedgerProblem problem) =>
        new(problem.TokenId, problem.Epoch, problem.Seq, problem.Problem, problem.Detail);
}
