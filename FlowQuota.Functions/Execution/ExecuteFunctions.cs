using FlowQuota.Execution;
using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using FlowQuota.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Execution;

/// <summary>Runs a caller's JavaScript and consumes one call.</summary>
public sealed class ExecuteFunctions(FlowPipeline pipeline, MeteredExecution execution, Callers callers, FlowQuotaSettings settings)
{
    /// <summary>Runs code.</summary>
    [Function("Execute")]
    public Task<IResult> Execute(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/execute")] HttpRequest request) =>
        RunAsync(request);

    /// <summary>The same under its older name.</summary>
    [Function("ExecuteCodeblock")]
    public Task<IResult> ExecuteCodeblock(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/codeblock")] HttpRequest request) =>
        RunAsync(request);

    private Task<IResult> RunAsync(HttpRequest request) =>
        pipeline.RunAsync(request, Access.Token, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            var (code, input) = await ExecuteRequest.ReadAsync(flow, settings.Execution);
            var run = await execution.RunAsync(token, code, input, flow.Id, flow.GivenUp, flow.Aborted);
            return run.Status switch
            {
                MeteredRunStatus.Completed => new ExecutionAnswer(flow, run.Admission!.Allowance!, run.Outcome!),
                MeteredRunStatus.NotAdmitted => Refusals.Of(flow, run.Admission!)!,
                MeteredRunStatus.NoCapacity => Refusals.Unavailable(flow, "All executor slots are busy; try again."),
                MeteredRunStatus.HostStopped => Refusals.Unavailable(flow, "The service is stopping; the call was given back, try again."),
                MeteredRunStatus.CallerGone => new ProblemAnswer(
                    flow, StatusCodes.Status499ClientClosedRequest, ErrorType.Validation, "The caller closed the connection."),
            };
        }, tellsTiming: true);
}
