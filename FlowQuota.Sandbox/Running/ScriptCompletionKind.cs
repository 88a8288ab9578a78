namespace FlowQuota.Sandbox.Running;

/// <summary>How a script ended.</summary>
internal enum ScriptCompletionKind
{
    /// <summary>The script has not ended.</summary>
    None,

    /// <summary>The script returned.</summary>
    Returned,

    /// <summary>The script threw.</summary>
    Threw,
}
