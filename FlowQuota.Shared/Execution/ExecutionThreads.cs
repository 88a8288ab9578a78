namespace FlowQuota.Execution;

/// <summary>
/// A few threads of our own that run code, with a stack of known size. Not the pool's: a stack that overflows ends the
/// process, so its size must be ours to choose, and an endless loop must not cost the server a thread that answers
/// requests. A thread whose run will not end (one native call that no limit can interrupt) is given up: another takes
/// its place, and it leaves when that call returns. Thread-safe.
/// </summary>
internal sealed class ExecutionThreads : IDisposable
{
    /// <summary>Bytes of stack: address space, of which memory is used page by page, and hardly any by ordinary code.</summary>
    public const int StackBytes = 256 * 1024 * 1024;

    // Pages that deep recursion touched stay in memory until the thread ends, so threads end now and then.
    private const int RunsPerThread = 1000;

    // A plain monitor and not a channel: a thread that waits for one spins first, which a machine of few cores feels.
    private readonly Queue<ExecutionRun> _queue = new();
    private bool _isClosed;

    private readonly int _capacity;
    private readonly Lock _gate = new();
    private int _givenUp;

    /// <summary>Starts the threads.</summary>
    public ExecutionThreads(int capacity)
    {
        _capacity = capacity;
        for (var i = 0; i < capacity; i++)
            Start();
    }

    /// <summary>How many threads are given up and have not left yet.</summary>
    public int GivenUp => Volatile.Read(ref _givenUp);

    /// <summary>Queues a run.</summary>
    public void Add(ExecutionRun run)
    {
        lock (_queue)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _queue.Enqueue(run);
            Monitor.Pulse(_queue);
        }
    }

    /// <summary>
    /// Stops waiting for a run. Where a thread is at it, that thread gets a successor, unless twice as many are given up
    /// already as may run at once: such runs must not pile up threads without end.
    /// </summary>
    /// <returns>False where it has ended after all.</returns>
    public bool TryGiveUp(ExecutionRun run)
    {
        lock (_gate)
        {
            if (!run.TryGiveUp())
                return false;
            if (run.IsStarted && ++_givenUp <= 2 * _capacity)
                Start();
            return true;
        }
    }

    /// <summary>Lets the threads leave once the queue is empty.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _isClosed = true;
            Monitor.PulseAll(_queue);
        }
    }

    private void Start() => new Thread(Work, StackBytes) { IsBackground = true, Name = "FlowQuota execution" }.Start();

    private void Work()
    {
        for (var runs = 1; Next() is { } run; runs++)
        {
            if (!run.Run())
            {
                if (HasSuccessor())
                    return;
            }
            else if (runs >= RunsPerThread || run.WentDeep)
            {
                Start();
                return;
            }
        }
    }

    // Called by a thread that was given up and is back; where it got no successor, it goes on itself.
    private bool HasSuccessor()
    {
        lock (_gate)
            return --_givenUp < 2 * _capacity;
    }

    private ExecutionRun? Next()
    {
        lock (_queue)
        {
            while (_queue.Count == 0)
            {
                if (_isClosed)
                    return null;
                Monitor.Wait(_queue);
            }

            return _queue.Dequeue();
        }
    }
}
