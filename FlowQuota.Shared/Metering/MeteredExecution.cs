using FlowQuota.Admission;
using FlowQuota.Errors;
using FlowQuota.Execution;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Sandbox.Protocol;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Metering;

/// <summary>Runs a call: slot, admission, run, outcome (docs/architecture.md).</summary>
public sealed partial class MeteredExecution(
    ExecutionSlots slots, QuotaLedger ledger, SandboxPool sandbox, OutcomeWriter outcomes, IdempotencySettings idempotency,
    IHostApplicationLifetime lifetime, FlowQuotaMetrics metrics, ILogger<MeteredExecution> logger)
{
    private const int Cost = 1;

    // The longest time between the two signals of a host that a caller has disconnected.
    private static readonly TimeSpan DisconnectGrace = TimeSpan.FromMilliseconds(250);

    private readonly OutageLog _notKept = new(TimeProvider.System);

    /// <summary>Admits and runs one call.</summary>
    /// <param name="token">The caller's token.</param>
    /// <param name="code">The source in UTF-8.</param>
    /// <param name="input">UTF-8 JSON; empty = none.</param>
    /// <param name="requestId">The request.</param>
    /// <param name="cancelled">Fires when the caller disconnects, or the Functions host cancels the call.</param>
    /// <param name="callerGone">Fires when the caller disconnects.</param>
    /// <param name="key">The call is charged once, however often it is repeated under the key; null = each time.</param>
    /// <exception cref="StoreUnavailableException">Redis, or SQL for a cold token, cannot be reached; nothing is consumed.</exception>
    public async Task<MeteredRun> RunAsync(
        PresentedToken token, ReadOnlyMemory<byte> code, ReadOnlyMemory<byte> input, string requestId, CancellationToken cancelled, CancellationToken callerGone,
        IdempotencyKey? key = null)
    {
        sandbox.Start();
        using var slot = await slots.TryEnterAsync(token.TokenId, cancelled);
        if (slot is null)
            return key is null ? new MeteredRun(MeteredRunStatus.NoCapacity) : NotRun(await ledger.AdmitAsync(token, cost: 0, requestId, key: key));

        var admission = await ledger.AdmitAsync(token, Cost, requestId, key: key);
        if (admission.Call is not { } call)
            return NotRun(admission);

        using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.execute")?.SetTag("flowquota.token_id", token.TokenId);
        try
        {
            var outcome = key is null ? await sandbox.ExecuteAsync(slot, code, input, cancelled) : await RunToEndAsync(slot, code, input, cancelled);
            activity?.SetTag("flowquota.result", outcome is ExecutionOutcome.Failed failed ? failed.ErrorType : "Success");
            await RecordAsync(call, outcome);
            return new MeteredRun(MeteredRunStatus.Completed, admission, key is null ? outcome : await KeepAsync(call, outcome));
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

    /// <summary>The answer to a call that runs nothing: it is refused, or repeats an earlier one.</summary>
    private static MeteredRun NotRun(AdmissionResult admission)
    {
        if (admission.Status != AdmissionStatus.Admitted)
            return new MeteredRun(MeteredRunStatus.NotAdmitted, admission);
        if (!admission.IsRepeat)
            return new MeteredRun(MeteredRunStatus.NoCapacity);
        var kept = KeptOutcome.Read(admission.KeptResult);
        return new MeteredRun(MeteredRunStatus.Replayed, admission, kept.Outcome) { IsResultOmitted = kept.IsOmitted };
    }

    /// <summary>
    /// Runs the code of a call under a key. It goes on if the caller disconnects, because a repeat gets its result; so only the
    /// end of the service stops it.
    /// </summary>
    private async Task<ExecutionOutcome> RunToEndAsync(ExecutionSlot slot, ReadOnlyMemory<byte> code, ReadOnlyMemory<byte> input, CancellationToken cancelled)
    {
        var stopping = lifetime.ApplicationStopping;
        using var end = new CancellationTokenSource();
        using var onCancelled = cancelled.Register(EndIfStopping);
        using var onStopping = stopping.Register(EndIfStopping);
        return await sandbox.ExecuteAsync(slot, code, input, end.Token);

        void EndIfStopping()
        {
            if (cancelled.IsCancellationRequested && stopping.IsCancellationRequested)
                end.Cancel();
        }
    }

    /// <summary>Keeps the outcome for repeats under the call's key.</summary>
    /// <returns>The outcome that is kept: that of another attempt, if it came first.</returns>
    private async Task<ExecutionOutcome> KeepAsync(AdmittedCall call, ExecutionOutcome outcome)
    {
        try
        {
            var first = await ledger.KeepResultAsync(call, KeptOutcome.Write(outcome, idempotency.MaxResultBytes));
            return first.IsEmpty ? outcome : KeptOutcome.Read(first).Outcome;
        }
        catch (StoreUnavailableException e)
        {
            if (_notKept.Count() is > 0 and var count)
                LogNotKept(logger, count, e.Store, call.TokenId, call.RequestId);
            return outcome;
        }
    }

    // The Functions host signals it twice, and its cancellation may come before the end of the connection.
    private static async Task<bool> IsGoneAsync(CancellationToken callerGone)
    {
        await Task.Delay(DisconnectGrace, callerGone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
        if (!await ledger.GiveBackAsync(call))
            LogGivenBackLater(logger, call.TokenId, call.RequestId);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "{Count} results since the last such line could not be kept in {Store}: a repeat under their keys runs the code again, without a charge; the last was of {RequestId} of {TokenId}")]
    private static partial void LogNotKept(ILogger logger, int count, string store, string tokenId, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call of {TokenId} was given back because no sandbox worker could run it")]
    private static partial void LogNotRun(ILogger logger, Exception reason, string tokenId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {RequestId} of {TokenId} is given back as soon as Redis is available again")]
    private static partial void LogGivenBackLater(ILogger logger, string tokenId, string requestId);
}
