namespace FlowQuota.Sandbox.Protocol;

/// <summary>How a run ended.</summary>
/// <param name="Logs">What the code wrote to <c>console</c>, a line an item.</param>
/// <param name="Duration">How long the code ran.</param>
public abstract record ExecutionOutcome(IReadOnlyList<string> Logs, TimeSpan Duration)
{
    /// <summary>The code ended by itself.</summary>
    /// <param name="ResultJson">What it returned, as UTF-8 JSON; <c>null</c> if it returned nothing.</param>
    /// <param name="Logs">What the code wrote to <c>console</c>.</param>
    /// <param name="Duration">How long the code ran.</param>
    public sealed record Succeeded(ReadOnlyMemory<byte> ResultJson, IReadOnlyList<string> Logs, TimeSpan Duration)
        : ExecutionOutcome(Logs, Duration);

    /// <summary>The code failed or was stopped at a limit.</summary>
    /// <param name="ErrorType">
    /// <c>SyntaxError</c>, <c>RuntimeError</c>, <c>TimeoutError</c>, <c>MemoryLimitError</c> or <c>ResultError</c>.
    /// </param>
    /// <param name="Message">What went wrong, for the caller.</param>
    /// <param name="Stack">The script's own stack with the caller's line numbers; null if there is none.</param>
    /// <param name="Logs">What the code wrote to <c>console</c> until then.</param>
    /// <param name="Duration">How long the code ran.</param>
    public sealed record Failed(string ErrorType, string Message, string? Stack, IReadOnlyList<string> Logs, TimeSpan Duration)
        : ExecutionOutcome(Logs, Duration);
}
