namespace FlowQuota.Functions.Retention;

/// <summary>The result of a requested cleanup; <c>completed</c> is false if its time ran out: the timer continues it.</summary>
internal sealed record CleanupRunView(long DeletedCount, int RetentionDays, bool Completed, bool AlreadyRunning);
