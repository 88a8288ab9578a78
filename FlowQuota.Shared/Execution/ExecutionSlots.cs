namespace FlowQuota.Execution;

/// <summary>
/// Bounds how many calls are between admission and answer: taken before a call is admitted, so that a call for which
/// there is no room is refused before it costs anything. Thread-safe.
/// </summary>
/// <param name="limits">Gives <see cref="ExecutionLimits.MaxConcurrency"/> and <see cref="ExecutionLimits.SlotWait"/>.</param>
public sealed class ExecutionSlots(ExecutionLimits limits) : IDisposable
{
    private readonly SemaphoreSlim _free = new(limits.MaxConcurrency, limits.MaxConcurrency);

    /// <summary>How many slots there are.</summary>
    public int Capacity => limits.MaxConcurrency;

    /// <summary>How many are taken now.</summary>
    public int InUse => Capacity - _free.CurrentCount;

    /// <summary>Takes a slot; waits at most <see cref="ExecutionLimits.SlotWait"/> for one.</summary>
    /// <returns>The slot, given back by disposing it; null where none became free in time.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired while waiting.</exception>
    public async ValueTask<Lease?> TryEnterAsync(CancellationToken cancellationToken) =>
        await _free.WaitAsync(limits.SlotWait, cancellationToken) ? new Lease(this) : null;

    /// <inheritdoc />
    public void Dispose() => _free.Dispose();

    /// <summary>A taken slot.</summary>
    public sealed class Lease : IDisposable
    {
        private ExecutionSlots? _slots;

        internal Lease(ExecutionSlots slots) => _slots = slots;

        /// <summary>Gives the slot back; a second time does nothing.</summary>
        public void Dispose() => Interlocked.Exchange(ref _slots, null)?._free.Release();
    }
}
