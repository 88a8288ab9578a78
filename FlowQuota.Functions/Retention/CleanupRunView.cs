namespace FlowQuota.Functions.Retention;

/// <summary>What a cleanup that was asked for did; <c>completed</c> is false where its time was over: the timer goes on.</summary>
internal sealed record CleanupRunView(long DeletedCount, int RetentionDays, bool Completed, bool AlreadyRunning);
