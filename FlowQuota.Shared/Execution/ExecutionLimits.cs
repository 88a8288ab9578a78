namespace FlowQuota.Execution;

/// <summary>What one run may use (contract, section 1, execute); the settings are <c>EXECUTE_*</c>.</summary>
public sealed record ExecutionLimits
{
    /// <summary>Longest code, in bytes of UTF-8.</summary>
    public int MaxCodeBytes { get; init; } = 64 * 1024;

    /// <summary>Longest request body, in bytes.</summary>
    public int MaxBodyBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Longest run.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most memory one run may hold, in bytes; what it allocates and lets go of does not count.</summary>
    public long MaxMemoryBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Deepest recursion.</summary>
    public int MaxRecursion { get; init; } = 500;

    /// <summary>Most statements one run may execute.</summary>
    public int MaxStatements { get; init; } = 50_000_000;

    /// <summary>Largest result, in bytes of its UTF-8 JSON.</summary>
    public int MaxResultBytes { get; init; } = 1024 * 1024;

    /// <summary>Most log lines that are kept; a note takes the place of what came after.</summary>
    public int MaxLogLines { get; init; } = 1000;

    /// <summary>Longest log line that is kept, in characters; a longer one is cut.</summary>
    public int MaxLogLineLength { get; init; } = 8 * 1024;

    /// <summary>How many runs at once in this process.</summary>
    public int MaxConcurrency { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>How long a call waits for a free slot before it is told to come back.</summary>
    public TimeSpan SlotWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many parsed scripts are remembered.</summary>
    public int ScriptCacheSize { get; init; } = 1000;
}
