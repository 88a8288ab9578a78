namespace FlowQuota.Execution;

/// <summary>
/// Bounds how many calls run code at once, and refuses a call before it is admitted, and so before it costs anything,
/// where none of the slots comes free in time. While a call waits for its admission it holds no slot, for that wait is
/// Redis's and not the processor's; it takes its place when it is admitted. Thread-safe.
/// </summary>
/// <param name="limits">Gives <see cref="ExecutionLimits.MaxConcurrency"/> and <see cref="ExecutionLimits.SlotWait"/>.</param>
/// <param name="time">Tells how long ago a slot came free.</param>
public sealed class ExecutionSlots(ExecutionLimits limits, TimeProvider time)
{
    // So many calls a slot may be let in at once; those that are admitted wait for their turn behind one another.
    private const int EnteredPerSlot = 32;

    // Slots that come free that often will come free again: their callers need not wait to see it happen.
    private static readonly TimeSpan Turnover = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _entered;
    private int _started;
    private long? _lastFreed;

    /// <summary>How many calls may run at once.</summary>
    public int Capacity => limits.MaxConcurrency;

    /// <summary>How many run now; at most <see cref="Capacity"/>.</summary>
    public int InUse => Math.Min(Capacity, Volatile.Read(ref _started));

    /// <summary>Waits, at most <see cref="ExecutionLimits.SlotWait"/>, until a slot is free or slots come free by the moment.</summary>
    /// <returns>The right to a slot, given back by disposing it; null where none became free in time.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired while waiting.</exception>
    public async ValueTask<Lease?> TryEnterAsync(CancellationToken cancellationToken) =>
        EnterOrQueue() is not { } place || await ComesFreeAsync(place, cancellationToken).ConfigureAwait(false) ? new Lease(this) : null;

    private bool HasRoom =>
        _entered < Capacity * EnteredPerSlot
        && (_started < Capacity || (_lastFreed is { } freed && time.GetElapsedTime(freed) < Turnover));

    private TaskCompletionSource? EnterOrQueue()
    {
        lock (_gate)
        {
            if (HasRoom)
            {
                _entered++;
                return null;
            }

            var place = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(place);
            return place;
        }
    }

    private async Task<bool> ComesFreeAsync(TaskCompletionSource place, CancellationToken cancellationToken)
    {
        try
        {
            await place.Task.WaitAsync(limits.SlotWait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // False where its turn came in that very moment.
            if (place.TrySetCanceled(CancellationToken.None))
            {
                cancellationToken.ThrowIfCancellationRequested();
                return false;
            }
        }

        return true;
    }

    private void Leave(bool isStarted)
    {
        lock (_gate)
        {
            _entered--;
            if (isStarted)
            {
                _started--;
                _lastFreed = time.GetTimestamp();
            }

            while (_waiting.Count > 0 && HasRoom)
            {
                if (_waiting.Dequeue().TrySetResult())
                    _entered++;
            }
        }
    }

    /// <summary>The right to a slot.</summary>
    public sealed class Lease : IDisposable
    {
        private readonly ExecutionSlots _slots;
        private bool _isStarted;
        private bool _isDisposed;

        internal Lease(ExecutionSlots slots) => _slots = slots;

        /// <summary>Takes the slot, or a place behind those that have it: the call is admitted and goes to the executor.</summary>
        public void Start()
        {
            lock (_slots._gate)
            {
                _isStarted = true;
                _slots._started++;
            }
        }

        /// <summary>Gives everything back; a second time does nothing.</summary>
        public void Dispose()
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _slots.Leave(_isStarted);
        }
    }
}
