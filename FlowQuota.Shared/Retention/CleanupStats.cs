namespace FlowQuota.Retention;

/// <summary>The state of log retention, the same on every instance.</summary>
/// <param name="Enabled">Whether the timer removes anything.</param>
/// <param name="RetentionDays">Rows older than this many days are removed.</param>
/// <param name="Interval">Least time between two timed runs.</param>
/// <param name="BatchSize">Most rows removed by one statement.</param>
/// <param name="LastCleanupTime">When the last completed run began, UTC; null if there was none.</param>
/// <param name="LastCleanupCount">How many rows it removed; null if there was none.</param>
/// <param name="TotalCleanedCount">How many rows all runs removed, also those that are not completed.</param>
/// <param name="NextCleanupTime">When the timer will run next, UTC; null if it is off or there was no run yet.</param>
public sealed record CleanupStats(
    bool Enabled,
    int RetentionDays,
    TimeSpan Interval,
    int BatchSize,
    DateTime? LastCleanupTime,
    long? LastCleanupCount,
    long TotalCleanedCount,
    DateTime? NextCleanupTime);
