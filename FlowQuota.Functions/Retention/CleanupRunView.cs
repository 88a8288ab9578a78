namespace FlowQuota.Functions.Retention;

/// <summary>The result of a requested cleanup.</summary>
/// <param name="DeletedCount">Rows that it removed.</param>
/// <param name="RetentionDays">For how many days rows are kept.</param>
/// <param name="Completed">False if its time ran out, so that the timer continues it, or if it was stopped.</param>
/// <param name="AlreadyRunning">True if another cleanup runs, so that nothing was removed.</param>
/// <param name="Stopped">True if an admin stopped it.</param>
internal sealed record CleanupRunView(long DeletedCount, int RetentionDays, bool Completed, bool AlreadyRunning, bool Stopped);
