using System.Text.Json;
using FlowQuota.Functions.Http;
using FlowQuota.Health;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Health;

/// <summary>Tells load balancers and operators how the service does.</summary>
public sealed class HealthFunctions(FlowPipeline pipeline, ReadinessCheck readiness)
{
    private const int RetryAfterSeconds = 5;

    /// <summary>Liveness: answers with no dependency up.</summary>
    [Function("GetLiveness")]
    public Task<IResult> GetLiveness(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Anyone, flow => Task.FromResult<IResult>(new LivenessAnswer(flow)));

    /// <summary>Readiness: every part, and 503 when calls cannot be served (admin).</summary>
    [Function("GetReadiness")]
    public Task<IResult> GetReadiness(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "flow/health")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Admin, async flow =>
        {
            var report = await readiness.RunAsync(flow.Aborted);
            var view = new ReadinessView(report.Status, report.Components.ToDictionary(
                part => part.Key, part => new ComponentView(part.Value.Status, part.Value.Detail, part.Value.LatencyMs)));
            if (report.Status != "down")
                return new DataAnswer<ReadinessView>(flow, view, FlowJson.Default.ReadinessView, "Able to serve.");
            return new ProblemAnswer(flow, StatusCodes.Status503ServiceUnavailable, ErrorType.ServiceUnavailable, "Not able to serve.")
            {
                RetryAfterSeconds = RetryAfterSeconds,
                WriteData = json => JsonSerializer.Serialize(json, view, FlowJson.Default.ReadinessView),
            };
        });
}
