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

    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(100);

    private readonly int _capacity;
    private readonly TimeSpan _longestRun;
    private readonly TimeSpan _longestWait;

    // A plain monitor and not a channel: a thread that waits for one spins first, which a machine of few cores feels.
    private readonly Queue<ExecutionRun> _queue = new();
    private readonly List<ExecutionRun> _running = [];
    private readonly Timer _watch;
    private bool _isClosed;
    private bool _isWatching;
    private int _givenUp;

    /// <summary>Starts the threads.</summary>
    /// <param name="capacity">How many.</param>
    /// <param name="longestRun">A run that takes longer is given up.</param>
    /// <param name="longestWait">A run that waits longer for a thread is given up.</param>
    public ExecutionThreads(int capacity, TimeSpan longestRun, TimeSpan longestWait)
    {
        (_capacity, _longestRun, _longestWait) = (capacity, longestRun, longestWait);
        // One look at all of them now and then costs less than a timer for each.
        _watch = new Timer(_ => Watch());
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
            if (!_isWatching)
            {
                _isWatching = true;
                _watch.Change(WatchInterval, WatchInterval);
            }

            Monitor.Pulse(_queue);
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

        _watch.Dispose();
    }

    private void Start() => new Thread(Work, StackBytes) { IsBackground = true, Name = "FlowQuota execution" }.Start();

    private void Work()
    {
        ExecutionRun? last = null;
        for (var runs = 0; Next(last) is { } run; last = run)
        {
            if (!run.Run())
            {
                if (HasSuccessor())
                    return;
            }
            else if (++runs >= RunsPerThread || run.WentDeep)
            {
                Remove(run);
                Start();
                return;
            }
        }
    }

    // Called by a thread that was given up and is back; where it got no successor, it goes on itself.
    private bool HasSuccessor()
    {
        lock (_queue)
            return --_givenUp < 2 * _capacity;
    }

    private ExecutionRun? Next(ExecutionRun? last)
    {
        lock (_queue)
        {
            if (last is not null)
                _running.Remove(last);
            while (_queue.Count == 0)
            {
                if (_isClosed)
                    return null;
                Monitor.Wait(_queue);
            }

            var run = _queue.Dequeue();
            _running.Add(run);
            return run;
        }
    }

    private void Remove(ExecutionRun run)
    {
        lock (_queue)
            _running.Remove(run);
    }

    private void Watch()
    {
        lock (_queue)
        {
            while (_queue.TryPeek(out var oldest) && oldest.QueuedFor >= _longestWait)
                _queue.Dequeue().TryGiveUpWaiting();
            for (var i = _running.Count - 1; i >= 0; i--)
            {
                if (_running[i].RunningFor >= _longestRun && _running[i].TryGiveUp())
                    Replace(i);
            }

            if (_queue.Count == 0 && _running.Count == 0 && !_isClosed)
            {
                _isWatching = false;
                _watch.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    // Not without end: such runs must not pile up threads.
    private void Replace(int running)
    {
        _running.RemoveAt(running);
        if (++_givenUp <= 2 * _capacity)
            Start();
    }
}
