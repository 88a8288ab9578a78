using FlowQuota.Functions.Http;
using FlowQuota.Retention;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Retention;

/// <summary>Stops the cleanup that is under way, on whichever instance it is.</summary>
public sealed class StopCleanupFunction(FlowPipeline pipeline, QuotaLogCleanup cleanup)
{
    private static readonly Operation Stopping = new("StopCleanup", Access.Admin)
    {
        Response = new ResponseContent(FlowJson.Default.StoppedCleanupView, "Whether there was a cleanup to stop."),
    };

    /// <summary>Stops it after the batch at hand (admin).</summary>
    [Function("StopCleanup")]
    public Task<IResult> Stop(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/quota/cleanup/stop")] HttpRequest request) =>
        pipeline.RunAsync(request, Stopping, async flow =>
        {
            bool isStopped = await cleanup.StopAsync(flow.Aborted);
            return new DataResult<StoppedCleanupView>(flow, new StoppedCleanupView(isStopped), FlowJson.Default.StoppedCleanupView,
                isStopped ? "The cleanup ends after the batch at hand." : "No cleanup is under way.");
        });
}
