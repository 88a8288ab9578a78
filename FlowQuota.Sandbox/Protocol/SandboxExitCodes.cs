namespace FlowQuota.Sandbox.Protocol;

/// <summary>The exit codes of a worker's process that is not killed.</summary>
public static class SandboxExitCodes
{
    /// <summary>Its input ended, or it announced that its reply was the last.</summary>
    public const int Done = 0;

    /// <summary>Its arguments are wrong.</summary>
    public const int BadArguments = 2;

    /// <summary>A run took all the memory that the process may have, and the failure could not be reported as a reply.</summary>
    public const int OutOfMemory = 12;
}
