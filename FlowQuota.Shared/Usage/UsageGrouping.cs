namespace FlowQuota.Usage;

/// <summary>By what a usage report tells usage apart, within a bucket of time.</summary>
[Flags]
public enum UsageGrouping
{
    /// <summary>By nothing.</summary>
    None = 0,

    /// <summary>By token.</summary>
    Token = 1,

    /// <summary>By the workspace that owned the token at that time.</summary>
    Workspace = 2,

    /// <summary>By the callers' label.</summary>
    Meter = 4,

    /// <summary>By action of the log.</summary>
    Action = 8,
}
