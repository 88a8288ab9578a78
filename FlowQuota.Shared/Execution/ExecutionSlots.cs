namespace FlowQuota.Execution;

/// <summary>
/// Bounds how many calls run code at once, and refuses a call before it is admitted, and so before it costs anything,
/// where none of the slots comes free in time. While a call waits for its admission it holds no slot, for that wait is
/// Redis's and not the processor's; it takes its turn when it is admitted. Thread-safe.
/// </summary>
/// <param name="limits">Gives <see cref="ExecutionLimits.MaxConcurrency"/> and <see cref="ExecutionLimits.SlotWait"/>.</param>
public sealed class ExecutionSlots(ExecutionLimits limits) : IDisposable
{
    // So many calls may have seen the same free slot, and wait for their turn behind one another.
    private const int EnteredPerSlot = 8;

    private readonly SemaphoreSlim _entered = new(limits.MaxConcurrency * EnteredPerSlot);
    private readonly SemaphoreSlim _running = new(limits.MaxConcurrency);

    /// <summary>How many calls may run at once.</summary>
    public int Capacity => limits.MaxConcurrency;

    /// <summary>How many run now.</summary>
    public int InUse => Capacity - _running.CurrentCount;

    /// <summary>Waits, at most <see cref="ExecutionLimits.SlotWait"/>, until a slot is free.</summary>
    /// <returns>The right to a turn, given back by disposing it; null where none became free in time.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired while waiting.</exception>
    public async ValueTask<Lease?> TryEnterAsync(CancellationToken cancellationToken)
    {
        if (!await _entered.WaitAsync(limits.SlotWait, cancellationToken))
            return null;

        bool isFree = false;
        try
        {
            isFree = await _running.WaitAsync(limits.SlotWait, cancellationToken);
        }
        finally
        {
            if (isFree)
                _running.Release();
            else
                _entered.Release();
        }

        return isFree ? new Lease(this) : null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _entered.Dispose();
        _running.Dispose();
    }

    /// <summary>The right to a turn.</summary>
    public sealed class Lease : IDisposable
    {
        private readonly ExecutionSlots _slots;
        private bool _runs;
        private bool _isDisposed;

        internal Lease(ExecutionSlots slots) => _slots = slots;

        /// <summary>Waits for the turn and holds the slot from then on.</summary>
        /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired while waiting.</exception>
        public async ValueTask TakeTurnAsync(CancellationToken cancellationToken)
        {
            await _slots._running.WaitAsync(cancellationToken);
            _runs = true;
        }

        /// <summary>Gives everything back; a second time does nothing.</summary>
        public void Dispose()
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            if (_runs)
                _slots._running.Release();
            _slots._entered.Release();
        }
    }
}
