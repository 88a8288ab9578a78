using FlowQuota.Auditing;
using FlowQuota.Quotas;
using FlowQuota.Storage;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Execution;

/// <summary>The way of a call: slot, admission, run, outcome (architecture, section 2).</summary>
public sealed partial class MeteredExecution(
    ExecutionSlots slots, QuotaLedger ledger, ICodeExecutor executor, OutcomeWriter outcomes,
    IHostApplicationLifetime lifetime, FlowQuotaMetrics metrics, ILogger<MeteredExecution> logger)
{
    private const int Cost = 1;

    /// <summary>Admits and runs one call.</summary>
    /// <param name="token">Who calls.</param>
    /// <param name="code">The source.</param>
    /// <param name="input">UTF-8 JSON; empty = none.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="aborted">Fires when the caller goes away or the host stops.</param>
    /// <exception cref="StoreUnavailableException">Redis, or SQL for a cold token, cannot be reached; nothing is consumed.</exception>
    public async Task<MeteredRun> RunAsync(
        PresentedToken token, string code, ReadOnlyMemory<byte> input, string requestId, CancellationToken aborted)
    {
        using var slot = await slots.TryEnterAsync(aborted);
        if (slot is null)
            return new MeteredRun(MeteredRunStatus.NoCapacity);

        var admission = await ledger.AdmitAsync(token, Cost, requestId);
        if (admission.Call is not { } call)
            return new MeteredRun(MeteredRunStatus.NotAdmitted, admission);

        using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.execute")?.SetTag("flowquota.token_id", token.TokenId);
        try
        {
            slot.Start();
            var outcome = await executor.ExecuteAsync(code, input, aborted);
            activity?.SetTag("flowquota.result", outcome is ExecutionOutcome.Failed failed ? failed.ErrorType : "Success");
            await RecordAsync(call, outcome);
            return new MeteredRun(MeteredRunStatus.Completed, admission, outcome);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await GiveBackAsync(call, "ServiceStopped", "The service stopped while the code ran; the call was given back.");
            return new MeteredRun(MeteredRunStatus.HostStopped, admission);
        }
        catch (OperationCanceledException) when (aborted.IsCancellationRequested)
        {
            await outcomes.WriteAsync(call, success: false, "CallerGone", "The caller closed the connection while the code ran.");
            return new MeteredRun(MeteredRunStatus.CallerGone, admission);
        }
        catch
        {
            await GiveBackAsync(call, "InternalError", "The service failed while the code ran; the call was given back.");
            throw;
        }
    }

    private ValueTask RecordAsync(AdmittedCall call, ExecutionOutcome outcome)
    {
        switch (outcome)
        {
            case ExecutionOutcome.Failed failed:
                metrics.Executed(failed.ErrorType, failed.Duration);
                return outcomes.WriteAsync(call, success: false, failed.ErrorType, failed.Message);
            default:
                metrics.Executed("Success", outcome.Duration);
                return outcomes.WriteAsync(call, success: true);
        }
    }

    private async Task GiveBackAsync(AdmittedCall call, string errorType, string message)
    {
        await outcomes.WriteAsync(call, success: false, errorType, message);
        try
        {
            await ledger.RefundAsync(call);
        }
        catch (StoreUnavailableException e)
        {
            LogNotGivenBack(logger, call.TokenId, call.RequestId, e.Store);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message =
        "Request {RequestId} of {TokenId} could not be given back, {Store} is unavailable: recharge it by hand")]
    private static partial void LogNotGivenBack(ILogger logger, string tokenId, string requestId, string store);
}
