namespace FlowQuota.Sandbox.Limits;

/// <summary>Why a run was stopped from outside the code; once set, it stays.</summary>
internal enum StopReason
{
    /// <summary>The run was not stopped.</summary>
    None,

    /// <summary>The wall clock ran out.</summary>
    Timeout,

    /// <summary>The run waits for a timer that is due after its time limit.</summary>
    Waiting,

    /// <summary>Too much memory was allocated, or was about to be.</summary>
    Memory,

    /// <summary>The native stack was used up to its reserve.</summary>
    Stack,

    /// <summary>Too many statements.</summary>
    Statements,
}
