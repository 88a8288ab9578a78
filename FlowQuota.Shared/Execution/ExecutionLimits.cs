using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Execution;

/// <summary>Limits of calls that run code; the settings are <c>EXECUTE_*</c>.</summary>
public sealed record ExecutionLimits
{
    /// <summary>Limits of one run.</summary>
    public RunLimits Run { get; init; } = new();

    /// <summary>Longest code, in bytes of UTF-8.</summary>
    public int MaxCodeBytes { get; init; } = 64 * 1024;

    /// <summary>Longest request body, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>How many runs at once in this instance, each in a worker process of its own.</summary>
    public int MaxConcurrency { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>How many of them one token may hold at once, so that no token blocks the others.</summary>
    public int MaxConcurrencyPerToken => (MaxConcurrency + 1) / 2;

    /// <summary>How long a call waits for a free slot before it is refused.</summary>
    public TimeSpan SlotWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a run can take at most, with a grace: it waits for a worker, runs up to its limit, and begins again a few times if
    /// something ends its worker.
    /// </summary>
    public TimeSpan LongestRun => (SandboxPool.MaxInterruptions + 1) * (SandboxPool.LongestWait(this) + Run.Timeout + SandboxPool.Grace) + RunGrace;

    // Covers pauses of the process and the time to Redis.
    private static readonly TimeSpan RunGrace = TimeSpan.FromSeconds(5);
}
