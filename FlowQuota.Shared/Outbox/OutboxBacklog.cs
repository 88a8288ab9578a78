using FlowQuota.Errors;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Outbox;

/// <summary>Counts in Redis how many items wait in the outboxes, over all instances and partitions.</summary>
public sealed partial class OutboxBacklog
{
    private static readonly TimeSpan WarningPause = TimeSpan.FromMinutes(1);

    private readonly RedisServer _redis;
    private readonly RedisKeyspace _keyspace;
    private readonly OutboxSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger<OutboxBacklog> _logger;
    private long _warnedAt = long.MinValue;
    private volatile BacklogReading? _latest;

    /// <summary>Registers the last reading with the metrics. Reads nothing yet.</summary>
    public OutboxBacklog(
        RedisServer redis, RedisKeyspace keyspace, OutboxSettings settings, FlowQuotaMetrics metrics, TimeProvider time, ILogger<OutboxBacklog> logger)
    {
        (_redis, _keyspace, _settings, _time, _logger) = (redis, keyspace, settings, time, logger);
        metrics.WatchBacklog(() => Latest() is { } latest ? (latest.SyncLength, latest.AuditLength) : null);
    }

    /// <summary>Counts the items and warns (once a minute at most) if there are more than the cap.</summary>
    /// <exception cref="StoreUnavailableException">Redis cannot be reached in time.</exception>
    public async Task<BacklogState> ReadAsync()
    {
        var database = _redis.Database;
        try
        {
            var partitions = Enumerable.Range(0, _keyspace.Partitions).ToList();
            var sync = Task.WhenAll(partitions.Select(partition => database.HashLengthAsync(_keyspace.Outbox(OutboxKind.Sync, partition))));
            var audit = Task.WhenAll(partitions.Select(partition => database.ListLengthAsync(_keyspace.Outbox(OutboxKind.Audit, partition))));
            await Task.WhenAll(sync, audit).WaitAsync(_redis.Timeout);
            var state = new BacklogState((await sync).Sum(), (await audit).Sum(), _settings.QueueCap, _settings.BacklogHardLimit);
            _latest = new BacklogReading(state, _time.GetTimestamp());
            Warn(state);
            return state;
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw RedisServer.Unavailable(e);
        }
    }

    /// <summary>The last reading of this instance; null if it is so old that another instance sweeps by now.</summary>
    private BacklogState? Latest() =>
        _latest is { } latest && _time.GetElapsedTime(latest.ReadAt) < (2 * _settings.SweepPause) + TimeSpan.FromMinutes(1) ? latest.State : null;

    private void Warn(BacklogState state)
    {
        long now = _time.GetTimestamp();
        long warnedAt = Interlocked.Read(ref _warnedAt);
        if (!state.IsDegraded || (warnedAt != long.MinValue && _time.GetElapsedTime(warnedAt, now) < WarningPause))
            return;
        if (Interlocked.CompareExchange(ref _warnedAt, now, warnedAt) == warnedAt)
            LogDegraded(_logger, state.SyncLength, state.AuditLength, state.Cap, state.HardLimit);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Backlog above its cap: {SyncLength} quotas and {AuditLength} audit events wait for SQL (cap {Cap}; calls are refused above {HardLimit})")]
    private static partial void LogDegraded(ILogger logger, long syncLength, long auditLength, int cap, long hardLimit);
}
