using FlowQuota.Functions.Http;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Outbox;

/// <summary>Reports the backlog of the outboxes (admin).</summary>
public sealed class QueueStatsFunction(FlowPipeline pipeline, OutboxBacklog backlog, FlowQuotaSettings settings)
{
    private static readonly Operation Getting = new("GetQueueStats", Access.Admin)
    {
        Response = new ResponseContent(FlowJson.Default.QueueStatsView, "The backlog."),
    };

    /// <summary>The path is the predecessor's, because existing dashboards use it.</summary>
    [Function("GetQueueStats")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/cache-write-pool/stats")] HttpRequest request) =>
        pipeline.RunAsync(request, Getting, async flow =>
        {
            var waiting = await backlog.ReadAsync();
            var view = new QueueStatsView(waiting.SyncLength, waiting.Cap, waiting.AuditLength, waiting.Cap,
                GoDuration.Format(settings.Outbox.SyncInterval), settings.Outbox.SyncBatchSize,
                waiting.IsFull ? "full" : waiting.IsDegraded ? "degraded" : "ok", waiting.HardLimit);
            return new DataResult<QueueStatsView>(flow, view, FlowJson.Default.QueueStatsView, "Queue state found.");
        });
}
