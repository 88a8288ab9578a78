namespace FlowQuota.Outbox;

/// <summary>How changes get from Redis to SQL.</summary>
/// <param name="SyncInterval">
/// While a doorbell is due, no other is rung, for at most this long (<c>QUOTA_SYNC_INTERVAL_SECONDS</c>).
/// </param>
/// <param name="SyncBatchSize">Most items that a drain writes to SQL in one batch (<c>QUOTA_SYNC_BATCH_SIZE</c>).</param>
/// <param name="QueueCap">Above this many waiting items an outbox counts as degraded (<c>QUOTA_QUEUE_CAP</c>).</param>
/// <param name="SweepPause">The longest pause between two sweeps (<c>OUTBOX_SWEEP_SCHEDULE</c>).</param>
public sealed record OutboxSettings(TimeSpan SyncInterval, int SyncBatchSize, int QueueCap, TimeSpan SweepPause)
{
    /// <summary>Above this many waiting audit events calls are refused with 503.</summary>
    public long BacklogHardLimit => 100L * QueueCap;
}
