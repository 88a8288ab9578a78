using FlowQuota.Outbox;
using FlowQuota.Settings;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Outbox;

/// <summary>Brings what waits in the outboxes to SQL: when a doorbell rings, and once a minute for the doorbells that were lost.</summary>
public sealed partial class DrainFunctions(
    SyncDrain sync, AuditDrain audit, OutboxBacklog backlog, RedisKeyspace keyspace, FlowQuotaSettings settings, TimeProvider time,
    ILogger<DrainFunctions> logger)
{
    /// <summary>Writes the latest quotas to <c>access_tokens</c>.</summary>
    [Function("SyncQuotas")]
    public Task SyncQuotas([QueueTrigger(DoorbellMessage.SyncQueue)] string message, CancellationToken cancellationToken) =>
        DrainAsync(sync, message, cancellationToken);

    /// <summary>Writes audit events to <c>token_quota_logs</c>.</summary>
    [Function("WriteQuotaLogs")]
    public Task WriteQuotaLogs([QueueTrigger(DoorbellMessage.AuditQueue)] string message, CancellationToken cancellationToken) =>
        DrainAsync(audit, message, cancellationToken);

    /// <summary>Drains what a lost doorbell left behind; each minute, or each <c>OUTBOX_SWEEP_INTERVAL_MINUTES</c>.</summary>
    [Function("SweepOutbox")]
    public async Task SweepOutbox([TimerTrigger("0 * * * * *")] TimerInfo timer, CancellationToken cancellationToken)
    {
        if (time.GetUtcNow().Minute % settings.SweepIntervalMinutes != 0)
            return;
        await sync.SweepAsync(cancellationToken);
        await audit.SweepAsync(cancellationToken);
        try
        {
            // Looks, and warns where more waits than should.
            await backlog.ReadAsync();
        }
        catch (StoreUnavailableException e)
        {
            LogUnknownBacklog(logger, e.Store);
        }
    }

    private async Task DrainAsync(OutboxDrain drain, string message, CancellationToken cancellationToken)
    {
        // A damaged doorbell still rang: somebody wants something drained.
        if (DoorbellMessage.Read(message, keyspace.Partitions) is { } partition)
        {
            await drain.DrainAsync(partition, DoorbellMessage.ReadCause(message), cancellationToken);
            return;
        }

        LogDamaged(logger, drain.Kind);
        await drain.SweepAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A damaged doorbell of {Kind} rang; all partitions are drained")]
    private static partial void LogDamaged(ILogger logger, OutboxKind kind);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How much waits for SQL is not known: {Store} is unavailable")]
    private static partial void LogUnknownBacklog(ILogger logger, string store);
}
