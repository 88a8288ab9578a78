using FlowQuota.Functions.Http;
using FlowQuota.Retention;

namespace FlowQuota.Functions.Retention;

/// <summary>The state of log retention; the figures are the same on every instance.</summary>
/// <param name="Enabled">Whether old rows are removed.</param>
/// <param name="RetentionDays">For how many days rows are kept.</param>
/// <param name="CleanupInterval">The time between two runs, such as <c>24h0m0s</c>.</param>
/// <param name="BatchSize">Rows that one statement removes.</param>
/// <param name="LastCleanupTime">When the last run ended; null if there was none.</param>
/// <param name="LastCleanupCount">Rows that it removed; null if there was none.</param>
/// <param name="TotalCleanedCount">Rows that all runs removed.</param>
/// <param name="NextCleanupTime">When the next run is due; null if none is.</param>
/// <param name="UnfinishedRun">The run that is not finished; null = there is none.</param>
/// <param name="ExpiredCount">Rows that are past their retention; null if they are more than five million.</param>
internal sealed record CleanupStatsView(
    bool Enabled, int RetentionDays, string CleanupInterval, int BatchSize,
    string? LastCleanupTime, long? LastCleanupCount, long TotalCleanedCount, string? NextCleanupTime,
    UnfinishedCleanupView? UnfinishedRun, int? ExpiredCount)
{
    public static CleanupStatsView Of(CleanupStats stats, TimeZoneFormatter clock) => new(
        stats.Enabled, stats.RetentionDays, GoDuration.Format(stats.Interval), stats.BatchSize,
        clock.Format(stats.LastCleanupTime), stats.LastCleanupCount, stats.TotalCleanedCount, clock.Format(stats.NextCleanupTime),
        stats.Unfinished is { } run ? new UnfinishedCleanupView(clock.Format(run.StartedAt), run.DeletedCount) : null, stats.ExpiredCount);
}
