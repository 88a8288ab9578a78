namespace FlowQuota.Functions.Retention;

/// <summary>A cleanup that is under way, on any instance, or that was interrupted and will be continued.</summary>
internal sealed record UnfinishedCleanupView(string StartedAt, long DeletedCount);
