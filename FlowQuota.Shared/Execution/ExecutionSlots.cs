using FlowQuota.Fairness;

namespace FlowQuota.Execution;

/// <summary>
/// Decides, before a call is admitted and so before it costs anything, whether its code can run soon; otherwise the call
/// waits, and is refused if its turn does not come in time. Tokens take turns. Thread-safe.
/// </summary>
/// <remarks>
/// A call enters before its admission, because the wait for Redis uses no processor time. At first as many calls as there are
/// slots may enter. Each short run doubles that number, so that a stream of short runs keeps the workers busy; a long run
/// resets it to the number of slots. The same holds for each token, starting from its own share of the slots. So it is rare
/// that a call is admitted and then finds the workers occupied by long runs.
/// </remarks>
/// <param name="limits">The number of slots and <see cref="ExecutionLimits.SlotWait"/>.</param>
/// <param name="time">The clock of waits.</param>
public sealed class ExecutionSlots(ExecutionLimits limits, TimeProvider time)
{
    // How many calls per slot may enter while runs are short; the surplus is in Redis or queued at a worker.
    private const int MaxEnteredPerSlot = 16;

    private static readonly TimeSpan ShortRun = TimeSpan.FromMilliseconds(10);

    // How long a token that was slowed down is served separately.
    private static readonly TimeSpan SlowMemory = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TokenShare> _shares = new(StringComparer.Ordinal);
    private readonly Queue<TokenShare> _slow = new();
    private readonly FairQueue<WaitingEntry> _waiting = new();
    private int _window = limits.MaxConcurrency;
    private int _ready;
    private int _entered;
    private int _running;
    private int _held;

    /// <summary>How many runs at once.</summary>
    public int Capacity => limits.MaxConcurrency;

    /// <summary>How many run now.</summary>
    public int InUse => Volatile.Read(ref _running);

    /// <summary>Waits, at most <see cref="ExecutionLimits.SlotWait"/>, until the token's code can run soon.</summary>
    /// <param name="tokenId">The token's public id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The slot; null if the call's turn did not come in time.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> fired while waiting.</exception>
    public async ValueTask<ExecutionSlot?> TryEnterAsync(string tokenId, CancellationToken cancellationToken) =>
        EnterOrQueue(tokenId, out var waiting) ?? await WaitAsync(waiting!, cancellationToken);

    /// <summary>Sets how many workers are ready to run code; no call enters without one.</summary>
    internal void SetReady(int workers)
    {
        lock (_gate)
        {
            // A spare worker adds no slot.
            _ready = Math.Min(workers, Capacity);
            AdmitWaiting();
        }
    }

    /// <summary>Whether the token may hold one more worker. Read without the lock, so the value may be outdated.</summary>
    internal bool MayRun(TokenShare share) => share.Held < limits.MaxConcurrencyPerToken;

    internal void Advance(ExecutionSlot slot, SlotState state)
    {
        lock (_gate)
        {
            if (slot.State >= state)
                return;
            if (slot.State == SlotState.Entered)
                _running++;
            slot.State = state;
            if (state == SlotState.Held)
                Hold(slot.Share);
        }
    }

    internal void SlowDown(TokenShare share)
    {
        lock (_gate)
        {
            if (share.SlowUntil == 0)
                _slow.Enqueue(share);
            share.SlowUntil = time.GetTimestamp() + (long)(SlowMemory.TotalSeconds * time.TimestampFrequency);
        }
    }

    internal void End(ExecutionSlot slot, TimeSpan duration)
    {
        lock (_gate)
        {
            StopRunning(slot);
            slot.Share.LastRun = duration;
            if (duration < ShortRun)
            {
                slot.Share.Window = Widen(slot.Share.Window);
                _window = Widen(_window);
            }

            AdmitWaiting();
        }
    }

    internal void Leave(ExecutionSlot slot)
    {
        lock (_gate)
        {
            if (slot.State == SlotState.Left)
                return;
            StopRunning(slot);
            slot.State = SlotState.Left;
            _entered--;
            slot.Share.Entered--;
            AdmitWaiting();
            if (_entered == 0)
                _window = Capacity;
            Forget(slot.Share);
            ForgetSlow();
        }
    }

    private bool MayEnter(TokenShare share) =>
        _held < _ready && _entered - _held < _window && share.Entered < share.Window && share.Held < limits.MaxConcurrencyPerToken;

    private int Widen(int window) => Math.Min(2 * window, MaxEnteredPerSlot * Capacity);

    private ExecutionSlot? EnterOrQueue(string tokenId, out WaitingEntry? waiting)
    {
        lock (_gate)
        {
            waiting = null;
            if (!_shares.TryGetValue(tokenId, out var share))
                _shares.Add(tokenId, share = new TokenShare(tokenId, limits.MaxConcurrencyPerToken));
            if (MayEnter(share))
                return Enter(share);
            waiting = new WaitingEntry(share);
            share.Waiting++;
            _waiting.Enqueue(tokenId, waiting);
            return null;
        }
    }

    private async Task<ExecutionSlot?> WaitAsync(WaitingEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            return await entry.Slot.WaitAsync(limits.SlotWait, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (Withdraw(entry) is { } slot)
                return slot;
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    // Returns the slot if the call's turn came at the same moment.
    private ExecutionSlot? Withdraw(WaitingEntry entry)
    {
        lock (_gate)
        {
            if (entry.Slot.IsCompletedSuccessfully)
                return entry.Slot.Result;
            _waiting.Remove(entry.Share.TokenId, entry);
            entry.Share.Waiting--;
            Forget(entry.Share);
            return null;
        }
    }

    private ExecutionSlot Enter(TokenShare share)
    {
        _entered++;
        share.Entered++;
        return new ExecutionSlot(this, share);
    }

    private void AdmitWaiting()
    {
        while (_waiting.Count > 0 && _waiting.TryDequeue(entry => MayEnter(entry.Share), out var next))
        {
            next.Share.Waiting--;
            next.Admit(Enter(next.Share));
        }
    }

    private void StopRunning(ExecutionSlot slot)
    {
        if (slot.State is SlotState.Running or SlotState.Held)
            _running--;
        if (slot.State == SlotState.Held)
        {
            _held--;
            slot.Share.Held--;
        }

        if (slot.State < SlotState.Ended)
            slot.State = SlotState.Ended;
    }

    private void Hold(TokenShare share)
    {
        _held++;
        share.Held++;
        share.Window = limits.MaxConcurrencyPerToken;
        _window = Math.Max(Capacity, _window / 2);
    }

    // A token's share is kept while it has calls, and for a while after a long run.
    private void Forget(TokenShare share)
    {
        if (share is { Entered: 0, Waiting: 0, SlowUntil: 0 })
            _shares.Remove(share.TokenId);
    }

    private void ForgetSlow()
    {
        while (_slow.TryPeek(out var oldest) && oldest.SlowUntil <= time.GetTimestamp())
        {
            _slow.Dequeue().SlowUntil = 0;
            Forget(oldest);
        }
    }

    private sealed class WaitingEntry(TokenShare share)
    {
        private readonly TaskCompletionSource<ExecutionSlot> _slot = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TokenShare Share => share;

        public Task<ExecutionSlot> Slot => _slot.Task;

        public void Admit(ExecutionSlot slot) => _slot.SetResult(slot);
    }
}
