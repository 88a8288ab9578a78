using FlowQuota.Settings;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Outbox;

/// <summary>Asks Redis what really waits in the outboxes, over all instances and partitions.</summary>
public sealed partial class OutboxBacklog(RedisServer redis, RedisKeyspace keyspace, FlowQuotaSettings settings, TimeProvider time, ILogger<OutboxBacklog> logger)
{
    private static readonly TimeSpan WarningPause = TimeSpan.FromMinutes(1);
    private long _warnedAt = long.MinValue;

    /// <summary>Counts what waits, and warns (once a minute at most) where it is above the cap.</summary>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached in time.</exception>
    public async Task<BacklogState> ReadAsync()
    {
        var database = redis.Database;
        try
        {
            var partitions = Enumerable.Range(0, keyspace.Partitions).ToList();
            var sync = Task.WhenAll(partitions.Select(partition => database.HashLengthAsync(keyspace.Outbox(OutboxKind.Sync, partition))));
            var audit = Task.WhenAll(partitions.Select(partition => database.ListLengthAsync(keyspace.Outbox(OutboxKind.Audit, partition))));
            await Task.WhenAll(sync, audit).WaitAsync(RedisServer.Timeout);
            var state = new BacklogState((await sync).Sum(), (await audit).Sum(), settings.QueueCap, settings.BacklogHardLimit);
            Warn(state);
            return state;
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw new StoreUnavailableException("Redis", e);
        }
    }

    private void Warn(BacklogState state)
    {
        long now = time.GetTimestamp();
        long warnedAt = Interlocked.Read(ref _warnedAt);
        if (!state.IsDegraded || (warnedAt != long.MinValue && time.GetElapsedTime(warnedAt, now) < WarningPause))
            return;
        if (Interlocked.CompareExchange(ref _warnedAt, now, warnedAt) == warnedAt)
            LogDegraded(logger, state.SyncLength, state.AuditLength, state.Cap, state.HardLimit);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Backlog above its cap: {SyncLength} quotas and {AuditLength} audit events wait for SQL (cap {Cap}; calls are refused above {HardLimit})")]
    private static partial void LogDegraded(ILogger logger, long syncLength, long auditLength, int cap, long hardLimit);
}
