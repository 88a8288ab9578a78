using FlowQuota.Ledger;

namespace FlowQuota.Retention;

/// <summary>How long log rows are kept (settings <c>QUOTA_CLEANUP_*</c>).</summary>
/// <param name="Enabled">False = the timer removes nothing; the manual trigger still works.</param>
/// <param name="RetentionDays">Rows older than this many days are removed.</param>
/// <param name="Interval">Least time between two timed runs, over all instances.</param>
/// <param name="BatchSize">Most rows removed by one statement.</param>
public sealed record RetentionSettings(bool Enabled, int RetentionDays, TimeSpan Interval, int BatchSize)
{
    /// <summary>How long SQL remembers admin changes.</summary>
    public TimeSpan RememberRequests { get; init; } = IdempotencyKey.TimeToLive;
}
