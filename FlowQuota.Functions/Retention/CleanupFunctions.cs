using FlowQuota.Errors;
using FlowQuota.Functions.Http;
using FlowQuota.Retention;
using FlowQuota.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Retention;

/// <summary>Removes log rows that are past their retention: by a timer, or when an admin requests it.</summary>
public sealed partial class CleanupFunctions(FlowPipeline pipeline, QuotaLogCleanup cleanup, ILogger<CleanupFunctions> logger)
{
    private static readonly Operation GettingStats = new("GetCleanupStats", Access.Admin)
    {
        Response = new ResponseContent(FlowJson.Default.CleanupStatsView, "The settings and the runs."),
    };

    private static readonly Operation Triggering = new("TriggerCleanup", Access.Admin)
    {
        Response = new ResponseContent(FlowJson.Default.CleanupRunView, "What the run removed."),
    };

    /// <summary>Ticks hourly unless <c>QUOTA_CLEANUP_SCHEDULE</c> is set, and runs if the interval has passed.</summary>
    [Function("CleanUpQuotaLogs")]
    public async Task CleanUp([TimerTrigger($"%{FlowQuotaSettings.CleanupSchedule}%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        try
        {
            await cleanup.RunIfDueAsync(cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            LogDeferred(logger, e.Store);
        }
    }

    /// <summary>The settings, the last run and the next (admin).</summary>
    [Function("GetCleanupStats")]
    public Task<IResult> GetStats(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "flow/quota/cleanup/stats")] HttpRequest request) =>
        pipeline.RunAsync(request, GettingStats, async flow =>
        {
            var stats = await cleanup.GetStatsAsync(flow.Aborted);
            return new DataResult<CleanupStatsView>(flow, CleanupStatsView.Of(stats, flow.Clock), FlowJson.Default.CleanupStatsView, "Cleanup state found.");
        });

    /// <summary>Runs the cleanup now (admin).</summary>
    [Function("TriggerCleanup")]
    public Task<IResult> Trigger(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "flow/quota/cleanup/trigger")] HttpRequest request) =>
        pipeline.RunAsync(request, Triggering, async flow =>
        {
            var result = await cleanup.RunAsync(flow.Aborted);
            var view = new CleanupRunView(result.DeletedCount, result.RetentionDays, result.IsCompleted, result.WasAlreadyRunning, result.WasStopped);
            return new DataResult<CleanupRunView>(flow, view, FlowJson.Default.CleanupRunView,
                result.WasAlreadyRunning ? "Another cleanup is running." : "Cleanup done.");
        });

    [LoggerMessage(Level = LogLevel.Warning, Message = "Log cleanup deferred: {Store} is unavailable; the next tick continues it")]
    private static partial void LogDeferred(ILogger logger, string store);
}
