namespace FlowQuota.Functions.Retention;

/// <summary>A cleanup that is under way, on any instance, or that was interrupted and will be continued.</summary>
/// <param name="StartedAt">When it began.</param>
/// <param name="DeletedCount">Rows that it removed so far.</param>
internal sealed record UnfinishedCleanupView(string StartedAt, long DeletedCount);
