namespace FlowQuota.Sandbox.Running;

/// <summary>How a script came to its end.</summary>
internal enum ScriptCompletionKind
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>It returned.</summary>
    Returned,

    /// <summary>It threw.</summary>
    Threw,
}
