namespace FlowQuota.Functions.Retention;

/// <summary>Whether there was a cleanup to stop.</summary>
/// <param name="Stopped">True if there was; it ends after the batch at hand.</param>
internal sealed record StoppedCleanupView(bool Stopped);
