using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Drains;

/// <summary>Writes audit events to <c>token_quota_logs</c>, oldest first.</summary>
public sealed partial class AuditDrain : OutboxDrain
{
    // A call makes two events (admission and outcome) and one row.
    private const int EventsPerRow = 2;

    private readonly Utf8StringCache _texts = new();
    private readonly IQuotaLogStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<AuditDrain> _logger;

    /// <summary>Makes the drain of the audit outbox.</summary>
    public AuditDrain(RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace, IQuotaLogStore store, DoorbellSender doorbells,
        OutboxSettings settings, FlowQuotaMetrics metrics, TimeProvider time, ILogger<AuditDrain> logger)
        : base(OutboxKind.Audit, server, scripts, keyspace, doorbells, settings, metrics, time, logger)
    {
        (_store, _time, _logger) = (store, time, logger);
    }

    private protected override async Task<DrainedBatch> DrainBatchAsync(OutboxLease lease, string cursor, CancellationToken cancellationToken)
    {
        var outbox = Keyspace.Outbox(OutboxKind.Audit, lease.Partition);
        int mostEvents = BatchSize * EventsPerRow;
        var events = await lease.ExecuteAsync(database => database.ListRangeAsync(outbox, 0, mostEvents - 1));
        if (events.Length == 0)
            return new DrainedBatch(0);

        bool isFull = events.Length == mostEvents;
        var batch = AuditBatch.Read(events, _texts, isFull ? BatchSize : null);
        foreach (var (text, reason) in batch.Damaged)
        {
            LogDamaged(_logger, reason);
            await _store.DeadLetterAsync(text, reason, cancellationToken);
            Metrics.SetAside(1);
        }

        if (batch.Entries is [var oldest, ..])
        {
            Metrics.SetAside(await _store.WriteAsync(batch.Entries, lease.Newest, cancellationToken));
            Metrics.Lag(_time.GetUtcNow().UtcDateTime - oldest.CreatedAt);
        }

        var reply = await Scripts.RunAsync(RedisScript.RemoveAudit, lease.Partition, [outbox, lease.Key],
            [lease.Owner, (long)OutboxLease.Life.TotalMilliseconds, batch.Events], DrainTimeout);
        return (string?)reply[0] == "ok" ? new DrainedBatch(batch.Events, IsFull: isFull) : new DrainedBatch(0, LeaseLost: true);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A damaged audit event was set aside: {Reason}")]
    private static partial void LogDamaged(ILogger logger, string reason);
}
