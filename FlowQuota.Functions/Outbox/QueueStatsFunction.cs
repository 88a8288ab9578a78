using FlowQuota.Functions.Http;
using FlowQuota.Outbox;
using FlowQuota.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace FlowQuota.Functions.Outbox;

/// <summary>Reports the backlog of the outboxes (admin).</summary>
public sealed class QueueStatsFunction(FlowPipeline pipeline, OutboxBacklog backlog, FlowQuotaSettings settings)
{
    /// <summary>The path is the predecessor's, because existing dashboards use it.</summary>
    [Function("GetQueueStats")]
    public Task<IResult> Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/cache-write-pool/stats")] HttpRequest request) =>
        pipeline.RunAsync(request, Access.Admin, async flow =>
        {
            var waiting = await backlog.ReadAsync();
            var view = new QueueStatsView(waiting.SyncLength, waiting.Cap, waiting.AuditLength, waiting.Cap,
                GoDuration.Format(settings.Outbox.SyncInterval), settings.Outbox.SyncBatchSize,
                waiting.IsFull ? "full" : waiting.IsDegraded ? "degraded" : "ok", waiting.HardLimit);
            return new DataResult<QueueStatsView>(flow, view, FlowJson.Default.QueueStatsView, "Queue state found.");
        });
}
