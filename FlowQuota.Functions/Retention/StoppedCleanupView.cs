namespace FlowQuota.Functions.Retention;

/// <summary>Whether there was a cleanup to stop.</summary>
internal sealed record StoppedCleanupView(bool Stopped);
