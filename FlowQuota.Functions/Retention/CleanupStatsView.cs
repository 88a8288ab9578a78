using FlowQuota.Functions.Http;
using FlowQuota.Retention;

namespace FlowQuota.Functions.Retention;

/// <summary>The state of log retention; the figures are the same on every instance.</summary>
internal sealed record CleanupStatsView(
    bool Enabled, int RetentionDays, string CleanupInterval, int BatchSize,
    string? LastCleanupTime, long? LastCleanupCount, long TotalCleanedCount, string? NextCleanupTime)
{
    public static CleanupStatsView Of(CleanupStats stats, TimeZoneFormatter clock) => new(
        stats.Enabled, stats.RetentionDays, GoDuration.Format(stats.Interval), stats.BatchSize,
        clock.Format(stats.LastCleanupTime), stats.LastCleanupCount, stats.TotalCleanedCount, clock.Format(stats.NextCleanupTime));
}
