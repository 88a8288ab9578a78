using System.Diagnostics;

namespace FlowQuota.Execution;

/// <summary>One run on its way through <see cref="ExecutionThreads"/>.</summary>
internal sealed class ExecutionRun(ScriptRun script, CancellationToken cancellation)
{
    private const int Waiting = 0;
    private const int Running = 1;
    private const int Ended = 2;
    private const int Left = 3;

    // What follows a run goes on where the run ended: one change of thread less for each call.
    private readonly TaskCompletionSource<ExecutionOutcome> _outcome = new();
    private readonly long _queuedAt = Stopwatch.GetTimestamp();
    private int _state;
    private long _startedAt;

    /// <summary>How it ended; cancelled where the caller's token fired.</summary>
    public Task<ExecutionOutcome> Outcome => _outcome.Task;

    /// <summary>Whether it may have used much of its thread's stack.</summary>
    public bool WentDeep { get; private set; }

    /// <summary>How long it has waited for a thread; zero once one took it up.</summary>
    public TimeSpan QueuedFor => Volatile.Read(ref _state) == Waiting ? Stopwatch.GetElapsedTime(_queuedAt) : TimeSpan.Zero;

    /// <summary>How long ago a thread took it up; zero where none did, or where it is over.</summary>
    public TimeSpan RunningFor =>
        Volatile.Read(ref _state) == Running && Volatile.Read(ref _startedAt) is var at and not 0 ? Stopwatch.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>Ends the wait for it, which timed out or was cancelled, while it runs on. False where it is not running.</summary>
    public bool TryGiveUp() => TryLeave(Running, () => Complete(
        cancellation.IsCancellationRequested ? null : script.GivenUp(), new OperationCanceledException(cancellation)));

    /// <summary>Ends the wait for it where no thread took it up, which is the platform's fault.</summary>
    public bool TryGiveUpWaiting() => TryLeave(Waiting, () => Complete(null, new InvalidOperationException(
        "No execution thread became free; all are inside calls that cannot be interrupted")));

    /// <summary>Runs it on the calling thread.</summary>
    /// <returns>False where it was given up while it ran: the thread has a successor.</returns>
    public bool Run()
    {
        Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
        if (Interlocked.CompareExchange(ref _state, Running, Waiting) != Waiting)
            return true;

        ExecutionOutcome? outcome = null;
        Exception? unforeseen = null;
        try
        {
            outcome = script.Execute(cancellation);
            WentDeep = outcome is ExecutionOutcome.Failed { ErrorType: ErrorTypes.MemoryLimit } or ExecutionOutcome.Failed { Message: ScriptRun.TooMuchRecursion };
        }
        catch (Exception e)
        {
            unforeseen = e;
        }

        if (Interlocked.CompareExchange(ref _state, Ended, Running) != Running)
            return false;
        Complete(outcome, unforeseen);
        return true;
    }

    private void Complete(ExecutionOutcome? outcome, Exception? unforeseen)
    {
        if (outcome is not null)
            _outcome.SetResult(outcome);
        else if (unforeseen is OperationCanceledException)
            _outcome.SetCanceled(cancellation);
        else
            _outcome.SetException(unforeseen!);
    }

    private bool TryLeave(int from, Action complete)
    {
        if (Interlocked.CompareExchange(ref _state, Left, from) != from)
            return false;
        // Not on the thread that watches over all of them.
        ThreadPool.QueueUserWorkItem(static complete => complete(), complete, preferLocal: false);
        return true;
    }
}
