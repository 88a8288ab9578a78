namespace FlowQuota.Execution;

/// <summary>No worker process could run the code in time; the platform is at fault, not the code.</summary>
/// <param name="message">Why, for the log.</param>
public sealed class SandboxUnavailableException(string message) : Exception(message);
