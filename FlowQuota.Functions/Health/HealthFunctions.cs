using System.Text.Json;
using FlowQuota.Functions.Http;
using FlowQuota.Health;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Health;

/// <summary>Reports the health of the service to load balancers and operators.</summary>
public sealed class HealthFunctions(FlowPipeline pipeline, ReadinessCheck readiness)
{
    private const int RetryAfterSeconds = 5;

    private static readonly Operation GettingLiveness = new("GetLiveness", Access.Anyone)
    {
        Response = new ResponseContent(FlowJson.Default.LivenessView, "The process runs.") { IsInEnvelope = false },
    };

    private static readonly Operation GettingReadiness = new("GetReadiness", Access.Admin)
    {
        Response = new ResponseContent(FlowJson.Default.ReadinessView, "The service can serve calls."),
    };

    /// <summary>Liveness: answers even if every dependency is down.</summary>
    [Function("GetLiveness")]
    public Task<IResult> GetLiveness(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "health")] HttpRequest request) =>
        pipeline.RunAsync(request, GettingLiveness, flow => Task.FromResult<IResult>(new LivenessAnswer(flow)));

    /// <summary>Readiness: the health of every component, and 503 when calls cannot be served (admin).</summary>
    [Function("GetReadiness")]
    public Task<IResult> GetReadiness(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/health")] HttpRequest request) =>
        pipeline.RunAsync(request, GettingReadiness, async flow =>
        {
            var report = await readiness.RunAsync(flow.Aborted);
            var view = new ReadinessView(report.Status, report.Components.ToDictionary(
                part => part.Key, part => new ComponentView(part.Value.Status, part.Value.Detail, part.Value.LatencyMs)));
            if (report.Status != "down")
                return new DataResult<ReadinessView>(flow, view, FlowJson.Default.ReadinessView, "Able to serve.");
            return new ProblemResult(flow, ErrorType.ServiceUnavailable, "Not able to serve.")
            {
                RetryAfterSeconds = RetryAfterSeconds,
                WriteData = json => JsonSerializer.Serialize(json, view, FlowJson.Default.ReadinessView),
            };
        });
}
