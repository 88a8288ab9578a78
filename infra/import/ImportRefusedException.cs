namespace FlowQuota.Import;

/// <summary>The import cannot run at all. The message is one line that gives the reason and the remedy, and holds no secret.</summary>
/// <param name="message">The line.</param>
public sealed class ImportRefusedException(string message) : Exception(message);
