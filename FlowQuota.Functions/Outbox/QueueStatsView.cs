namespace FlowQuota.Functions.Outbox;

/// <summary>The state of the two outboxes; the lengths are exact and cover all instances.</summary>
/// <param name="SyncQueueLen">Tokens whose quota waits for SQL.</param>
/// <param name="SyncQueueCap">How many may wait before the service reports that it lags.</param>
/// <param name="LogQueueLen">Rows that wait for SQL.</param>
/// <param name="LogQueueCap">How many may wait before the service reports that it lags.</param>
/// <param name="SyncInterval">The time between two syncs, such as <c>5s</c>.</param>
/// <param name="SyncBatchSize">Tokens that one sync writes.</param>
/// <param name="Status"><c>ok</c>, <c>degraded</c>, or <c>full</c> if calls are refused.</param>
/// <param name="HardLimit">How many may wait before calls are refused.</param>
internal sealed record QueueStatsView(
    long SyncQueueLen, int SyncQueueCap, long LogQueueLen, int LogQueueCap, string SyncInterval, int SyncBatchSize, string Status, long HardLimit);
