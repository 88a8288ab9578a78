namespace FlowQuota.Retention;

/// <summary>The past cleanups, from SQL.</summary>
/// <param name="LastCompleted">The newest completed run; null if there is none.</param>
/// <param name="HasUnfinished">Whether a run is under way, or was interrupted.</param>
/// <param name="TotalDeletedCount">How many rows all runs removed.</param>
public sealed record CleanupHistory(CleanupRun? LastCompleted, bool HasUnfinished, long TotalDeletedCount);
