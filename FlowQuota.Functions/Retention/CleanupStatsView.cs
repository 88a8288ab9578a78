using FlowQuota.Functions.Http;
using FlowQuota.Retention;

namespace FlowQuota.Functions.Retention;

/// <summary>The state of log retention (contract, section 1, stats); the figures are the same on every instance.</summary>
internal sealed record CleanupStatsView(
    bool Enabled, int RetentionDays, string CleanupInterval, int BatchSize,
    string? LastCleanupTime, long? LastCleanupCount, long TotalCleanedCount, string? NextCleanupTime)
{
    public static CleanupStatsView Of(CleanupStats stats, FlowClock clock) => new(
        stats.Enabled, stats.RetentionDays, GoDuration.Tell(stats.Interval), stats.BatchSize,
        clock.Tell(stats.LastCleanupTime), stats.LastCleanupCount, stats.TotalCleanedCount, clock.Tell(stats.NextCleanupTime));
}
