namespace FlowQuota.Redis;

/// <summary>How Redis is reached.</summary>
/// <param name="Connection">StackExchange.Redis connection string (<c>REDIS_CONNECTION</c>).</param>
/// <param name="Partitions">How many hash-tagged partitions the keys are spread over; 1 = no hash tags (<c>REDIS_PARTITIONS</c>).</param>
/// <param name="Timeout">How long a call waits for Redis before it is answered 503 (<c>REDIS_TIMEOUT_MS</c>).</param>
public sealed record RedisSettings(string Connection, int Partitions, TimeSpan Timeout);
