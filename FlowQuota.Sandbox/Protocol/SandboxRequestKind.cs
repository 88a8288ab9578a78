namespace FlowQuota.Sandbox.Protocol;

/// <summary>The kinds of requests to a worker.</summary>
public enum SandboxRequestKind
{
    /// <summary>Run code and reply.</summary>
    Run,

    /// <summary>Run all later requests again; see <see cref="SandboxReply.SkipsUntilResume"/>. No reply.</summary>
    Resume,
}
