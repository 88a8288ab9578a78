namespace FlowQuota.Retention;

/// <summary>What one call to clean up did.</summary>
/// <param name="DeletedCount">How many log rows this call removed.</param>
/// <param name="RetentionDays">Rows older than this many days were to go.</param>
/// <param name="IsCompleted">False where the deadline came first, or another instance was at it; the timer goes on later.</param>
/// <param name="WasAlreadyRunning">True where another instance was cleaning up, so this call did nothing.</param>
public sealed record CleanupResult(long DeletedCount, int RetentionDays, bool IsCompleted, bool WasAlreadyRunning);
