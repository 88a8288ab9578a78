using System.Diagnostics;

namespace FlowQuota.Execution;

/// <summary>One run on its way through <see cref="ExecutionThreads"/>.</summary>
internal sealed class ExecutionRun(Func<ExecutionOutcome> body, RunLog log, CancellationToken cancellation)
{
    private const int Waiting = 0;
    private const int Running = 1;
    private const int Ended = 2;
    private const int LeftWaiting = 3;
    private const int LeftRunning = 4;

    private readonly TaskCompletionSource<ExecutionOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state;
    private long _startedAt;

    /// <summary>How it ended; cancelled where the caller's token fired.</summary>
    public Task<ExecutionOutcome> Outcome => _outcome.Task;

    /// <summary>What it wrote until now.</summary>
    public RunLog Log => log;

    /// <summary>Whether a thread took it up.</summary>
    public bool IsStarted => Volatile.Read(ref _state) is not (Waiting or LeftWaiting);

    /// <summary>Whether it may have used much of its thread's stack.</summary>
    public bool WentDeep { get; private set; }

    /// <summary>How long ago a thread took it up; zero where none did.</summary>
    public TimeSpan RunningFor => Volatile.Read(ref _startedAt) is var at and not 0 ? Stopwatch.GetElapsedTime(at) : TimeSpan.Zero;

    /// <summary>Waits that long for its outcome.</summary>
    public async Task<bool> EndsWithin(TimeSpan patience)
    {
        await ((Task)_outcome.Task).WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _outcome.Task.IsCompleted;
    }

    /// <summary>Leaves it to itself: nobody waits for its outcome any more. False where it has ended.</summary>
    public bool TryGiveUp() =>
        Interlocked.CompareExchange(ref _state, LeftRunning, Running) == Running
        || Interlocked.CompareExchange(ref _state, LeftWaiting, Waiting) == Waiting
        || TryGiveUpStarting();

    /// <summary>Runs it on the calling thread.</summary>
    /// <returns>False where it was given up while it ran: the thread has a successor.</returns>
    public bool Run()
    {
        if (Interlocked.CompareExchange(ref _state, Running, Waiting) != Waiting)
            return true;

        Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
        try
        {
            var outcome = body();
            WentDeep = outcome is ExecutionOutcome.Failed { ErrorType: ErrorTypes.MemoryLimit } or ExecutionOutcome.Failed { Message: ScriptRun.TooMuchRecursion };
            _outcome.TrySetResult(outcome);
        }
        catch (OperationCanceledException)
        {
            _outcome.TrySetCanceled(cancellation);
        }
        catch (Exception unforeseen)
        {
            _outcome.TrySetException(unforeseen);
        }

        return Interlocked.CompareExchange(ref _state, Ended, Running) == Running;
    }

    // Taken up by a thread between the two attempts above.
    private bool TryGiveUpStarting() => Interlocked.CompareExchange(ref _state, LeftRunning, Running) == Running;
}
