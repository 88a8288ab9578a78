namespace FlowQuota.Execution;

/// <summary>No worker process could run the code in time. The service is at fault, not the code.</summary>
/// <param name="message">The reason; it is logged.</param>
public sealed class SandboxUnavailableException(string message) : Exception(message);
