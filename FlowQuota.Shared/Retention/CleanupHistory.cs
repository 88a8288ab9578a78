namespace FlowQuota.Retention;

/// <summary>What SQL knows of the cleanups so far.</summary>
/// <param name="LastCompleted">The newest completed run; null where there is none.</param>
/// <param name="HasUnfinished">Whether a run is under way, or waits to be continued.</param>
/// <param name="TotalDeletedCount">How many rows all runs removed.</param>
public sealed record CleanupHistory(CleanupRun? LastCompleted, bool HasUnfinished, long TotalDeletedCount);
