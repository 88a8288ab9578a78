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
/// <param name="Unfinished">The run that is under way, or was interrupted; null if there is none.</param>
/// <param name="ExpiredCount">
/// How many rows are past their retention now; null if they are more than <see cref="MostCounted"/>.
/// </param>
public sealed record CleanupStats(
    bool Enabled,
    int RetentionDays,
    TimeSpan Interval,
    int BatchSize,
    DateTime? LastCleanupTime,
    long? LastCleanupCount,
    long TotalCleanedCount,
    DateTime? NextCleanupTime,
    CleanupRun? Unfinished,
    int? ExpiredCount)
{
    /// <summary>Most expired rows that are counted: counting so many takes about two seconds.</summary>
    public const int MostCounted = 5_000_000;
}
