using System.Text;
using FlowQuota.Sandbox.Protocol;
using Xunit;

namespace FlowQuota.Tests.Execution;

/// <summary>Reads outcomes in assertions.</summary>
internal static class Outcomes
{
    /// <summary>The result's JSON; fails if the code failed.</summary>
    public static string ResultOf(ExecutionOutcome outcome)
    {
        if (outcome is ExecutionOutcome.Failed failed)
            Assert.Fail($"{failed.ErrorType}: {failed.Message}\n{failed.Stack}");
        return Encoding.UTF8.GetString(Assert.IsType<ExecutionOutcome.Succeeded>(outcome).ResultJson.Span);
    }
}
