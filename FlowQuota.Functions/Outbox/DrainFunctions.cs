using FlowQuota.Admission;
using FlowQuota.Drains;
using FlowQuota.Errors;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Settings;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Functions.Outbox;

/// <summary>Brings the outboxes to SQL: when a doorbell arrives, and once a minute in case a doorbell was lost.</summary>
public sealed partial class DrainFunctions(
    SyncDrain sync, AuditDrain audit, RefusalDrain refusals, ReservationLedger reservations, OutboxBacklog backlog, RedisKeyspace keyspace, ILogger<DrainFunctions> logger)
{
    /// <summary>Writes the latest quotas to <c>access_tokens</c>, and the counts of refused calls.</summary>
    [Function("SyncQuotas")]
    public async Task SyncQuotas([QueueTrigger(DoorbellMessage.SyncQueue)] string message, CancellationToken cancellationToken)
    {
        await DrainAsync(sync, message, cancellationToken);
        if (DoorbellMessage.Read(message, keyspace.Partitions) is { } partition)
            await UnlessAwayAsync(() => refusals.DrainAsync(partition, cancellationToken), LogRefusalsDeferred);
    }

    /// <summary>Writes audit events to <c>token_quota_logs</c>.</summary>
    [Function("WriteQuotaLogs")]
    public Task WriteQuotaLogs([QueueTrigger(DoorbellMessage.AuditQueue)] string message, CancellationToken cancellationToken) =>
        DrainAsync(audit, message, cancellationToken);

    /// <summary>
    /// Drains what lost doorbells left behind, and ends reservations whose time is over. Runs each minute unless <c>OUTBOX_SWEEP_SCHEDULE</c> or
    /// <c>OUTBOX_SWEEP_INTERVAL_MINUTES</c> is set.
    /// </summary>
    [Function("SweepOutbox")]
    public async Task SweepOutbox([TimerTrigger($"%{FlowQuotaSettings.SweepSchedule}%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        await sync.SweepAsync(cancellationToken);
        await audit.SweepAsync(cancellationToken);
        await UnlessAwayAsync(() => refusals.SweepAsync(cancellationToken), LogRefusalsDeferred);
        await UnlessAwayAsync(() => reservations.ExpireAsync(cancellationToken), LogNotExpired);
        // Warns if the backlog is too long.
        await UnlessAwayAsync(() => backlog.ReadAsync(), LogUnknownBacklog);
    }

    private async Task UnlessAwayAsync(Func<Task> part, Action<ILogger, string> log)
    {
        try
        {
            await part();
        }
        catch (StoreUnavailableException e)
        {
            log(logger, e.Store);
        }
    }

    private async Task DrainAsync(OutboxDrain drain, string message, CancellationToken cancellationToken)
    {
        // Malformed message: drain every partition rather than lose the wake-up.
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Counts of refused calls wait in Redis for the next drain: {Store} is unavailable")]
    private static partial void LogRefusalsDeferred(ILogger logger, string store);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reservations whose time is over wait for the next sweep: {Store} is unavailable")]
    private static partial void LogNotExpired(ILogger logger, string store);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How much waits for SQL is not known: {Store} is unavailable")]
    private static partial void LogUnknownBacklog(ILogger logger, string store);
}
