namespace FlowQuota.Sandbox.Protocol;

/// <summary>The outcome of a run.</summary>
/// <param name="Logs">The lines that the code wrote to <c>console</c>.</param>
/// <param name="Duration">How long the code ran.</param>
public abstract record ExecutionOutcome(IReadOnlyList<string> Logs, TimeSpan Duration)
{
    /// <summary>The code ended by itself.</summary>
    /// <param name="ResultJson">The return value as UTF-8 JSON; <c>null</c> if the code returned nothing.</param>
    /// <param name="Logs">The lines that the code wrote to <c>console</c>.</param>
    /// <param name="Duration">How long the code ran.</param>
    public sealed record Succeeded(ReadOnlyMemory<byte> ResultJson, IReadOnlyList<string> Logs, TimeSpan Duration)
        : ExecutionOutcome(Logs, Duration);

    /// <summary>The code failed or was stopped at a limit.</summary>
    /// <param name="ErrorType">
    /// <c>SyntaxError</c>, <c>RuntimeError</c>, <c>TimeoutError</c>, <c>MemoryLimitError</c> or <c>ResultError</c>.
    /// </param>
    /// <param name="Message">The error message that the caller sees.</param>
    /// <param name="Stack">The script's own stack with the caller's line numbers; null if there is none.</param>
    /// <param name="Logs">The lines that the code wrote to <c>console</c> before it ended.</param>
    /// <param name="Duration">How long the code ran.</param>
    public sealed record Failed(string ErrorType, string Message, string? Stack, IReadOnlyList<string> Logs, TimeSpan Duration)
        : ExecutionOutcome(Logs, Duration);
}
