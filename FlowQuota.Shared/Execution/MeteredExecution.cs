using FlowQuota.Auditing;
using FlowQuota.Quotas;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Storage;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Execution;

/// <summary>The way of a call: slot, admission, run, outcome (architecture, section 2).</summary>
public sealed partial class MeteredExecution(
    ExecutionSlots slots, QuotaLedger ledger, SandboxPool sandbox, OutcomeWriter outcomes,
    IHostApplicationLifetime lifetime, FlowQuotaMetrics metrics, ILogger<MeteredExecution> logger)
{
    private const int Cost = 1;

    // Between a host's two ways of telling that a caller is gone.
    private static readonly TimeSpan GonePatience = TimeSpan.FromMilliseconds(250);

    /// <summary>Admits and runs one call.</summary>
    /// <param name="token">Who calls.</param>
    /// <param name="code">The source in UTF-8.</param>
    /// <param name="input">UTF-8 JSON; empty = none.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="cancelled">Fires when the caller goes away, or the Functions host gives the call up.</param>
    /// <param name="callerGone">Fires when the caller goes away.</param>
    /// <exception cref="StoreUnavailableException">Redis, or SQL for a cold token, cannot be reached; nothing is consumed.</exception>
    public async Task<MeteredRun> RunAsync(
        PresentedToken token, ReadOnlyMemory<byte> code, ReadOnlyMemory<byte> input, string requestId, CancellationToken cancelled, CancellationToken callerGone)
    {
        sandbox.Start();
        using var slot = await slots.TryEnterAsync(token.TokenId, cancelled);
        if (slot is null)
            return new MeteredRun(MeteredRunStatus.NoCapacity);

        var admission = await ledger.AdmitAsync(token, Cost, requestId);
        if (admission.Call is not { } call)
            return new MeteredRun(MeteredRunStatus.NotAdmitted, admission);

        using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.execute")?.SetTag("flowquota.token_id", token.TokenId);
        try
        {
            var outcome = await sandbox.ExecuteAsync(slot, code, input, cancelled);
            activity?.SetTag("flowquota.result", outcome is ExecutionOutcome.Failed failed ? failed.ErrorType : "Success");
            await RecordAsync(call, outcome);
            return new MeteredRun(MeteredRunStatus.Completed, admission, outcome);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested || cancelled.IsCancellationRequested)
        {
            if (!lifetime.ApplicationStopping.IsCancellationRequested && await IsGoneAsync(callerGone))
            {
                await outcomes.WriteAsync(call, success: false, "CallerGone", "The caller closed the connection while the code ran.");
                return new MeteredRun(MeteredRunStatus.CallerGone, admission);
            }

            await GiveBackAsync(call, "ServiceStopped", "The service stopped while the code ran; the call was given back.");
            return new MeteredRun(MeteredRunStatus.HostStopped, admission);
        }
        catch (SandboxUnavailableException e)
        {
            LogNotRun(logger, e, token.TokenId);
            await GiveBackAsync(call, "ServiceUnavailable", "No worker could run the code; the call was given back.");
            return new MeteredRun(MeteredRunStatus.NoCapacity, admission);
        }
        catch
        {
            await GiveBackAsync(call, "InternalError", "The service failed while the code ran; the call was given back.");
            throw;
        }
    }

    // The Functions host tells it in two ways, and its cancellation may come before the end of the connection.
    private static async Task<bool> IsGoneAsync(CancellationToken callerGone)
    {
        await Task.Delay(GonePatience, callerGone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return callerGone.IsCancellationRequested;
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call of {TokenId} was given back because no sandbox worker could run it")]
    private static partial void LogNotRun(ILogger logger, Exception reason, string tokenId);

    [LoggerMessage(Level = LogLevel.Error, Message =
        "Request {RequestId} of {TokenId} could not be given back, {Store} is unavailable: recharge it by hand")]
    private static partial void LogNotGivenBack(ILogger logger, string tokenId, string requestId, string store);
}
