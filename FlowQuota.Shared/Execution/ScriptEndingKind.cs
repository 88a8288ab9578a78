namespace FlowQuota.Execution;

/// <summary>How a script came to its end.</summary>
internal enum ScriptEndingKind
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>It returned.</summary>
    Returned,

    /// <summary>It threw.</summary>
    Threw,
}
