namespace FlowQuota.Retention;

/// <summary>One row of <c>quota_cleanup_runs</c>.</summary>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="DeletedCount">How many rows it has removed.</param>
public sealed record CleanupRun(DateTime StartedAt, long DeletedCount);
