namespace FlowQuota.Metering;

/// <summary>The last step that a metered run reached.</summary>
public enum MeteredRunStatus
{
    /// <summary>The code ran to its end or to its own failure; the call is consumed.</summary>
    Completed,

    /// <summary>An earlier call under the same key ran the code; this one gets its outcome, and consumes nothing.</summary>
    Replayed,

    /// <summary>The admission refused it; nothing is consumed.</summary>
    NotAdmitted,

    /// <summary>No slot became free in time; nothing is consumed, or the call was refunded.</summary>
    NoCapacity,

    /// <summary>The host stopped while the code ran; the call was refunded.</summary>
    HostStopped,

    /// <summary>The caller disconnected while the code ran; the call is consumed.</summary>
    CallerGone,
}
