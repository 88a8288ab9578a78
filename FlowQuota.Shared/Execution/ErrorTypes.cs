namespace FlowQuota.Execution;

/// <summary>The names of the ways in which code fails (contract, section 1, errors).</summary>
internal static class ErrorTypes
{
    /// <summary>It is no script.</summary>
    public const string Syntax = "SyntaxError";

    /// <summary>It threw.</summary>
    public const string Runtime = "RuntimeError";

    /// <summary>It would not end.</summary>
    public const string Timeout = "TimeoutError";

    /// <summary>It wanted too much memory.</summary>
    public const string MemoryLimit = "MemoryLimitError";

    /// <summary>What it returned cannot be given as JSON.</summary>
    public const string Result = "ResultError";
}
