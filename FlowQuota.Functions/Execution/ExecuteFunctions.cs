using FlowQuota.Functions.Http;
using FlowQuota.Functions.Quotas;
using FlowQuota.Metering;
using FlowQuota.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Execution;

/// <summary>Runs a caller's JavaScript and consumes one call.</summary>
public sealed class ExecuteFunctions(FlowPipeline pipeline, MeteredExecution execution, AccessTokenAuthentication callers, FlowQuotaSettings settings)
{
    private static readonly Operation Executing = new("Execute", Access.Token)
    {
        Body = ExecuteRequest.Body,
        Response = new ResponseContent(FlowJson.Default.ExecutionView, "What the code returned.") { IsInEnvelope = false },
        TakesKey = true,
        TellsAllowance = true,
        TellsTiming = true,
        Errors = [ErrorType.QuotaExceeded, ErrorType.RateLimit, ErrorType.IdempotencyInProgress, .. ErrorType.OfCode],
    };

    private static readonly Operation ExecutingByOlderName = Executing with { Function = "ExecuteCodeblock" };

    /// <summary>Executes the code in the body.</summary>
    [Function("Execute")]
    public Task<IResult> Execute(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/execute")] HttpRequest request) =>
        RunAsync(request, Executing);

    /// <summary>The same under its older name.</summary>
    [Function("ExecuteCodeblock")]
    public Task<IResult> ExecuteCodeblock(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/codeblock")] HttpRequest request) =>
        RunAsync(request, ExecutingByOlderName);

    private Task<IResult> RunAsync(HttpRequest request, Operation operation) =>
        pipeline.RunAsync(request, operation, async flow =>
        {
            if (callers.Of(request) is not { } token)
                return Refusals.NoToken(flow);
            var (code, input) = await ExecuteRequest.ReadAsync(flow, settings.Execution);
            var key = IdempotencyKeyHeader.TryRead(request, out string? text) ? ExecuteRequest.Key(text, code, input) : null;
            var run = await execution.RunAsync(token, code, input, flow.Id, flow.GivenUp, flow.Aborted, key);
            return run.Status switch
            {
                MeteredRunStatus.Completed or MeteredRunStatus.Replayed => new ExecutionAnswer(flow, run),
                MeteredRunStatus.NotAdmitted => Refusals.Of(flow, run.Admission!)!,
                MeteredRunStatus.NoCapacity => Refusals.Unavailable(flow, "All executor slots are busy; try again."),
                MeteredRunStatus.HostStopped => Refusals.Unavailable(flow, "The service is stopping; the call was given back, try again."),
                MeteredRunStatus.CallerGone => new ProblemResult(flow, ErrorType.CallerGone, "The caller closed the connection."),
            };
        });
}
