namespace FlowQuota.Sandbox.Protocol;

/// <summary>How a worker's process ends when it is not killed.</summary>
public static class SandboxExitCodes
{
    /// <summary>Its input ended, or it said that its reply was the last.</summary>
    public const int Done = 0;

    /// <summary>Its arguments are wrong.</summary>
    public const int BadArguments = 2;

    /// <summary>A run took all the memory that the process may have, and the failure could not be reported as a reply.</summary>
    public const int OutOfMemory = 12;
}
