namespace FlowQuota.Retention;

/// <summary>The result of one call to clean up.</summary>
/// <param name="DeletedCount">How many log rows this call removed.</param>
/// <param name="RetentionDays">Rows older than this many days were to be removed.</param>
/// <param name="IsCompleted">
/// False if the deadline came first, an admin stopped the run, or another instance was cleaning up.
/// </param>
/// <param name="WasAlreadyRunning">True if another instance was cleaning up, so this call did nothing.</param>
/// <param name="WasStopped">True if an admin stopped the run; the rest is left to the next one.</param>
public sealed record CleanupResult(long DeletedCount, int RetentionDays, bool IsCompleted, bool WasAlreadyRunning, bool WasStopped = false);
