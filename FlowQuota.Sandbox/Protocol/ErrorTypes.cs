namespace FlowQuota.Sandbox.Protocol;

/// <summary>The values of <c>error.type</c> for code that failed.</summary>
public static class ErrorTypes
{
    /// <summary>The code does not parse.</summary>
    public const string Syntax = "SyntaxError";

    /// <summary>The code threw.</summary>
    public const string Runtime = "RuntimeError";

    /// <summary>The run exceeded its time or statement limit.</summary>
    public const string Timeout = "TimeoutError";

    /// <summary>The run exceeded its memory limit.</summary>
    public const string MemoryLimit = "MemoryLimitError";

    /// <summary>The result cannot be written as JSON.</summary>
    public const string Result = "ResultError";
}
