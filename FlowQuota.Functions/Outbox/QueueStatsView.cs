namespace FlowQuota.Functions.Outbox;

/// <summary>The state of the two write queues (contract, section 1, stats); lengths are what really waits, over all instances.</summary>
internal sealed record QueueStatsView(
    long SyncQueueLen, int SyncQueueCap, long LogQueueLen, int LogQueueCap, string SyncInterval, int SyncBatchSize, string Status, long HardLimit);
