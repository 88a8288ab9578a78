namespace FlowQuota.Execution;

/// <summary>Why a worker process ended.</summary>
internal enum WorkerEnd
{
    /// <summary>It was no longer needed, or said itself that it had served long enough.</summary>
    Retired,

    /// <summary>Killed: its run exceeded its time.</summary>
    Timeout,

    /// <summary>Its run took more memory than the process may have.</summary>
    Memory,

    /// <summary>Killed: nobody waits for its run any more.</summary>
    Abandoned,

    /// <summary>Its run overflowed the stack.</summary>
    StackOverflow,

    /// <summary>Something else killed it: an operator, the system.</summary>
    Killed,

    /// <summary>It never became ready.</summary>
    NotStarted,
}
