namespace FlowQuota.Retention;

/// <summary>The past cleanups, from SQL.</summary>
/// <param name="LastCompleted">The newest completed run; null if there is none.</param>
/// <param name="Unfinished">The run that is under way, or was interrupted; null if there is none.</param>
/// <param name="TotalDeletedCount">How many rows all runs removed.</param>
public sealed record CleanupHistory(CleanupRun? LastCompleted, CleanupRun? Unfinished, long TotalDeletedCount);
