using FlowQuota.Ledger;

namespace FlowQuota.Functions.Auditing;

/// <summary>A problem in the ledger of a token. <c>problem</c> is one that <c>infra/verify_ledger.sql</c> reports, or <c>live</c>.</summary>
internal sealed record LedgerProblemView(string? Token, long? Epoch, long? Seq, string Problem, string Detail)
{
    public static LedgerProblemView Of(LedgerProblem problem) =>
        new(problem.TokenId, problem.Epoch, problem.Seq, problem.Problem, problem.Detail);
}
