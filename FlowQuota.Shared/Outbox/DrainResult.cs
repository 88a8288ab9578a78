namespace FlowQuota.Outbox;

/// <summary>How a drain ended.</summary>
public enum DrainResult
{
    /// <summary>The outbox was empty at the end.</summary>
    Drained,

    /// <summary>Another drain holds the lease; the doorbell was rung again for when that has run out.</summary>
    Busy,

    /// <summary>Its time was over or the host stops; the doorbell was rung again for the rest.</summary>
    OutOfTime,

    /// <summary>It took so long that another drain took over; nothing was removed that the other counts on.</summary>
    LeaseLost,

    /// <summary>SQL or Redis cannot be reached; the doorbell was rung again, for later.</summary>
    Deferred,
}
