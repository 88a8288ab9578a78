namespace FlowQuota.Sandbox.Protocol;

/// <summary>What a host asks of a worker.</summary>
public enum SandboxRequestKind
{
    /// <summary>Run code and reply.</summary>
    Run,

    /// <summary>Run again what comes from here on; see <see cref="SandboxReply.SkipsUntilResume"/>. No reply.</summary>
    Resume,
}
