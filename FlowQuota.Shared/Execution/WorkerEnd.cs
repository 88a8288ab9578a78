namespace FlowQuota.Execution;

/// <summary>Why a worker process ended.</summary>
internal enum WorkerEnd
{
    /// <summary>It was no longer needed, or reported that it had served long enough.</summary>
    Retired,

    /// <summary>Killed: its run exceeded its time limit.</summary>
    Timeout,

    /// <summary>Its run exceeded the memory limit of the process.</summary>
    Memory,

    /// <summary>Killed: the reply to its run is no longer needed.</summary>
    Abandoned,

    /// <summary>Its run overflowed the stack.</summary>
    StackOverflow,

    /// <summary>It was killed from outside, by an operator or the system.</summary>
    Killed,

    /// <summary>It never became ready.</summary>
    NotStarted,
}
