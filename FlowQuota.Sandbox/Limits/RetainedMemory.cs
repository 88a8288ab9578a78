namespace FlowQuota.Sandbox.Limits;

/// <summary>
/// Measures whether a run retains more memory than it may. The runtime counts what a thread allocates, not what of it is
/// still reachable, so what a run retains is how far the heap stands above where it stood before, after a collection.
/// Not thread-safe: one run at a time.
/// </summary>
/// <param name="limit">Most bytes that one run may retain.</param>
internal sealed class RetainedMemory(long limit)
{
    // What the process itself keeps: the smallest that the heap was since a collection that found nothing of a run.
    private long _floor = long.MaxValue;
    private int _collections = -1;

    /// <summary>A run begins.</summary>
    public void Enter()
    {
        var collections = GC.CollectionCount(0);
        if (collections == _collections)
            return;
        // After a collection and before a run the heap holds little but what the process keeps.
        _collections = collections;
        _floor = GC.GetTotalMemory(forceFullCollection: false);
    }

    /// <summary>The process keeps this much more, which is not the run's.</summary>
    /// <param name="bytes">How much; what it is of is on the heap already.</param>
    public void Exclude(long bytes) => _floor += bytes;

    /// <summary>Whether the run retains more than it may; collects garbage if the answer depends on it.</summary>
    /// <param name="more">Bytes that the run is about to allocate.</param>
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

    private bool Exceeds(double more)
    {
        var heap = GC.GetTotalMemory(forceFullCollection: false);
        _floor = Math.Min(_floor, heap);
        return heap - _floor + more > limit;
    }
}
