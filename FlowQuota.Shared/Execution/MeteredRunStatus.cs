namespace FlowQuota.Execution;

/// <summary>How far a metered run came.</summary>
public enum MeteredRunStatus
{
    /// <summary>The code ran to its end or to its own failure; the call is consumed.</summary>
    Completed,

    /// <summary>The admission refused it; nothing is consumed.</summary>
    NotAdmitted,

    /// <summary>No executor slot came free in time; nothing is consumed, or it was given back.</summary>
    NoCapacity,

    /// <summary>The host stopped while the code ran; the call was given back.</summary>
    HostStopped,

    /// <summary>The caller went away while the code ran; the call is consumed.</summary>
    CallerGone,
}
