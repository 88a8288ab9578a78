namespace FlowQuota.Drains;

/// <summary>How a drain ended.</summary>
public enum DrainResult
{
    /// <summary>The outbox was empty at the end.</summary>
    Drained,

    /// <summary>Another drain holds the lease; the doorbell was rung again for the time when the lease ends.</summary>
    Busy,

    /// <summary>Its time was over or the host stops; the doorbell was rung again for the rest of the outbox.</summary>
    OutOfTime,

    /// <summary>It took so long that another drain took over; it removed nothing that the other still has to write.</summary>
    LeaseLost,

    /// <summary>SQL or Redis cannot be reached; the doorbell was rung again with a delay.</summary>
    Deferred,
}
