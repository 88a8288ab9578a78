namespace FlowQuota.Importing;

/// <summary>The import cannot run at all; the message is one line that says why and what to do, and holds no secret.</summary>
/// <param name="message">The line.</param>
public sealed class ImportRefusedException(string message) : Exception(message);
