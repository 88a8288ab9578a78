namespace FlowQuota.Execution;

/// <summary>
/// Tells whether the runs of this process hold more memory than they may. The runtime counts what a thread allocates, not
/// what of it is still reachable; so what is held is how far the heap stands above its floor, the smallest that it was of
/// late. All runs at work share that, and each adds its limit to what they may hold together. Thread-safe.
/// </summary>
internal sealed class HeldMemory : IDisposable
{
    // The floor is that of this window and the one before, so that it can also rise with what the process itself keeps.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    // Once for many: it stops all threads, a tenth of a second for a large heap.
    private static readonly TimeSpan CleaningDelay = TimeSpan.FromSeconds(2);

    private readonly long _limit;
    private readonly TimeProvider _time;
    private readonly ITimer _cleaning;
    private readonly Lock _gate = new();
    private long _windowStarted;
    private long _floor = long.MaxValue;
    private long _floorBefore = long.MaxValue;
    private int _collections = -1;
    private int _runs;
    private bool _isCleaningDue;

    /// <summary>Begins to watch.</summary>
    /// <param name="limit">Most bytes that one run may hold.</param>
    /// <param name="time">Tells what "of late" is.</param>
    public HeldMemory(long limit, TimeProvider time)
    {
        (_limit, _time, _windowStarted) = (limit, time, time.GetTimestamp());
        _cleaning = time.CreateTimer(_ => GiveBack(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A run begins.</summary>
    public void Enter()
    {
        Interlocked.Increment(ref _runs);
        var collections = GC.CollectionCount(0);
        if (Interlocked.Exchange(ref _collections, collections) != collections)
            Note(GC.GetTotalMemory(forceFullCollection: false));
    }

    /// <summary>A run ended.</summary>
    /// <param name="heldTooMuch">
    /// True where it was ended because it held too much: that is collected at once and given back to the system soon.
    /// </param>
    public void Leave(bool heldTooMuch)
    {
        Interlocked.Decrement(ref _runs);
        if (!heldTooMuch)
            return;
        GC.Collect(2, GCCollectionMode.Forced, blocking: true);
        Note(GC.GetTotalMemory(forceFullCollection: false));
        if (!Interlocked.Exchange(ref _isCleaningDue, true))
            _cleaning.Change(CleaningDelay, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _cleaning.Dispose();

    /// <summary>Whether all runs together hold more than they may; collects garbage where the answer hangs on it.</summary>
    /// <param name="more">Bytes that one run is about to allocate.</param>
    public bool IsTooMuch(double more = 0)
    {
        if (!Exceeds(more))
            return false;
        // What died young is nearly all of it, and is found fast.
        GC.Collect(1, GCCollectionMode.Forced, blocking: true);
        if (!Exceeds(more))
            return false;
        GC.Collect(2, GCCollectionMode.Forced, blocking: true);
        return Exceeds(more);
    }

    private void GiveBack()
    {
        Volatile.Write(ref _isCleaningDue, false);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Note(GC.GetTotalMemory(forceFullCollection: false));
    }

    private bool Exceeds(double more)
    {
        var heap = GC.GetTotalMemory(forceFullCollection: false);
        return heap - Note(heap) + more > (double)_limit * Math.Max(1, Volatile.Read(ref _runs));
    }

    private long Note(long heap)
    {
        lock (_gate)
        {
            var age = _time.GetElapsedTime(_windowStarted);
            if (age >= Window)
            {
                _windowStarted = _time.GetTimestamp();
                (_floorBefore, _floor) = (age < 2 * Window ? _floor : heap, heap);
            }

            _floor = Math.Min(_floor, heap);
            return Math.Min(_floor, _floorBefore);
        }
    }
}
