namespace FlowQuota.Execution;

/// <summary>The progress of the call that has a slot.</summary>
internal enum SlotState
{
    /// <summary>The call is being admitted, or waits for a worker.</summary>
    Entered,

    /// <summary>A worker runs its code.</summary>
    Running,

    /// <summary>A worker runs its code, and the run is long.</summary>
    Held,

    /// <summary>Its code has ended.</summary>
    Ended,

    /// <summary>The slot was returned.</summary>
    Left,
}
