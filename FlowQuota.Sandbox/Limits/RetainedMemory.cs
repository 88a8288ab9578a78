namespace FlowQuota.Sandbox.Limits;

/// <summary>
/// Measures whether a run retains more memory than allowed. The runtime counts the allocations of a thread, not how much of
/// them is still reachable. So a run retains the difference of the heap's sizes, after a collection and before the run.
/// Not thread-safe: one run at a time.
/// </summary>
/// <param name="limit">Most bytes that one run may retain.</param>
internal sealed class RetainedMemory(long limit)
{
    // Retained by the process itself: the smallest heap since a collection that found no memory of a run.
    private long _floor = long.MaxValue;
    private int _collections = -1;

    /// <summary>Starts measuring a run.</summary>
    public void Enter()
    {
        int collections = GC.CollectionCount(0);
        if (collections == _collections)
            return;
        // After a collection and before a run the heap holds little but the process's own memory.
        _collections = collections;
        _floor = GC.GetTotalMemory(forceFullCollection: false);
    }

    /// <summary>Excludes bytes that the process retains from the run's.</summary>
    /// <param name="bytes">The bytes; they are on the heap already.</param>
    public void Exclude(long bytes) => _floor += bytes;

    /// <summary>Whether the run retains more than it may; collects garbage if the answer depends on it.</summary>
    /// <param name="more">Bytes that the run is about to allocate.</param>
    public bool IsTooMuch(double more = 0)
    {
        if (!Exceeds(more))
            return false;
        // Nearly all of it died young, so this collection is fast.
        GC.Collect(1, GCCollectionMode.Forced, blocking: true);
        if (!Exceeds(more))
            return false;
        GC.Collect(2, GCCollectionMode.Forced, blocking: true);
        return Exceeds(more);
    }

    private bool Exceeds(double more)
    {
        long heap = GC.GetTotalMemory(forceFullCollection: false);
        _floor = Math.Min(_floor, heap);
        return heap - _floor + more > limit;
    }
}
