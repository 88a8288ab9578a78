using FlowQuota.Sandbox.Protocol;

namespace FlowQuota.Execution;

/// <summary>What calls that run code may use; the settings are <c>EXECUTE_*</c>.</summary>
public sealed record ExecutionLimits
{
    /// <summary>What one run may use.</summary>
    public RunLimits Run { get; init; } = new();

    /// <summary>Longest code, in bytes of UTF-8.</summary>
    public int MaxCodeBytes { get; init; } = 64 * 1024;

    /// <summary>Longest request body, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>How many runs at once in this instance, each in a worker process of its own.</summary>
    public int MaxConcurrency { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>How many of them one token may hold at once, so that no token keeps the others waiting.</summary>
    public int MaxConcurrencyPerToken => (MaxConcurrency + 1) / 2;

    /// <summary>How long a call waits for a free slot before it is refused.</summary>
    public TimeSpan SlotWait { get; init; } = TimeSpan.FromSeconds(1);
}
