namespace FlowQuota.Retention;

/// <summary>The result of one call to clean up.</summary>
/// <param name="DeletedCount">How many log rows this call removed.</param>
/// <param name="RetentionDays">Rows older than this many days were to be removed.</param>
/// <param name="IsCompleted">
/// False if the deadline came first, or another instance was cleaning up; the timer continues later.
/// </param>
/// <param name="WasAlreadyRunning">True if another instance was cleaning up, so this call did nothing.</param>
public sealed record CleanupResult(long DeletedCount, int RetentionDays, bool IsCompleted, bool WasAlreadyRunning);
