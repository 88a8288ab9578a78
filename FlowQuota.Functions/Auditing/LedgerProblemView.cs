using FlowQuota.Auditing;

namespace FlowQuota.Functions.Auditing;

/// <summary>One thing that does not balance; the words of <c>problem</c> are those of <c>infra/verify_ledger.sql</c>, and <c>live</c>.</summary>
internal sealed record LedgerProblemView(string? Token, long? Epoch, long? Seq, string Problem, string Detail)
{
    public static LedgerProblemView Of(LedgerProblem problem) =>
        new(problem.TokenId, problem.Epoch, problem.Seq, problem.Problem, problem.Detail);
}
