namespace FlowQuota.Functions.Outbox;

/// <summary>The state of the two outboxes; the lengths are exact and cover all instances.</summary>
internal sealed record QueueStatsView(
    long SyncQueueLen, int SyncQueueCap, long LogQueueLen, int LogQueueCap, string SyncInterval, int SyncBatchSize, string Status, long HardLimit);
