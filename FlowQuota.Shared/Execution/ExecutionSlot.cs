namespace FlowQuota.Execution;

/// <summary>
/// A call's right to run code, from before its admission until its run ended. Disposing returns it. Its members are for the
/// pool that runs the code.
/// </summary>
public sealed class ExecutionSlot : IDisposable
{
    private readonly ExecutionSlots _slots;

    internal ExecutionSlot(ExecutionSlots slots, TokenShare share) => (_slots, Share) = (slots, share);

    /// <summary>The token's calls that have entered.</summary>
    internal TokenShare Share { get; }

    internal SlotState State { get; set; }

    /// <summary>The run began.</summary>
    internal void Start() => _slots.Advance(this, SlotState.Running);

    /// <summary>The run takes long. From now on it counts against the limit of its token.</summary>
    internal void Hold() => _slots.Advance(this, SlotState.Held);

    /// <summary>
    /// The run took very long or ended its worker. For a while its token is served separately from the others.
    /// </summary>
    internal void SlowDown() => _slots.SlowDown(Share);

    /// <summary>The run ended.</summary>
    /// <param name="duration">How long it took; a short one lets more calls of the token enter at once.</param>
    internal void End(TimeSpan duration) => _slots.End(this, duration);

    /// <summary>Returns the slot; a second call does nothing.</summary>
    public void Dispose() => _slots.Leave(this);
}
