using System.Diagnostics;
using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Execution;

/// <summary>One run on its way through the <see cref="SandboxPool"/>.</summary>
internal sealed class SandboxRun(ExecutionSlot slot, SandboxRequest request)
{
    // The caller continues on the thread that read the reply; this saves a thread switch per call.
    private readonly TaskCompletionSource<ExecutionOutcome> _outcome = new();
    private long _queuedAt = Stopwatch.GetTimestamp();

    public ExecutionSlot Slot => slot;

    public SandboxRequest Request => request;

    /// <summary>The result of the run.</summary>
    public Task<ExecutionOutcome> Outcome => _outcome.Task;

    /// <summary>How long it has waited for a worker.</summary>
    public TimeSpan WaitingFor => Stopwatch.GetElapsedTime(_queuedAt);

    /// <summary>How often something other than its code ended the worker that ran it.</summary>
    public int Interruptions { get; private set; }

    /// <summary>
    /// Prepares it to run again from its beginning. That has no visible effect, because code leaves no state behind.
    /// </summary>
    public void Interrupt() => (Interruptions, _queuedAt) = (Interruptions + 1, Stopwatch.GetTimestamp());

    /// <summary>Completes the run; only the first completion counts.</summary>
    public void Complete(ExecutionOutcome outcome) => _outcome.TrySetResult(outcome);

    /// <summary>Completes the run without an outcome.</summary>
    public void Fail(SandboxUnavailableException reason) => _outcome.TrySetException(reason);

    /// <summary>Completes the run because its caller does not wait any more.</summary>
    public void Cancel(CancellationToken cancellation) => _outcome.TrySetCanceled(cancellation);
}
