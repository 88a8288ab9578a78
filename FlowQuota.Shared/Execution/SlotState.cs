namespace FlowQuota.Execution;

/// <summary>How far the call that has a slot has come.</summary>
internal enum SlotState
{
    /// <summary>It is being admitted, or waits for a worker.</summary>
    Entered,

    /// <summary>A worker runs its code.</summary>
    Running,

    /// <summary>A worker has been running its code for long.</summary>
    Held,

    /// <summary>Its code does not run any more.</summary>
    Ended,

    /// <summary>The slot was given back.</summary>
    Left,
}
