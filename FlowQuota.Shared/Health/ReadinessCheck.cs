using System.Globalization;
using FlowQuota.Execution;
using FlowQuota.Outbox;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using FlowQuota.Storage.Sql;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Health;

/// <summary>Asks every part how it does, all at once and each for two seconds at most.</summary>
public sealed partial class ReadinessCheck(
    OutboxBacklog backlog, SqlDialect database, IDoorbell doorbell, RedisPersistenceCheck persistence, SandboxPool sandbox, ExecutionSlots slots, TimeProvider time,
    ILogger<ReadinessCheck> logger)
{
    private const string Ok = "ok";
    private const string Degraded = "degraded";
    private const string Down = "down";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Asks and reports; never fails.</summary>
    public async Task<ReadinessReport> RunAsync(CancellationToken cancellationToken)
    {
        BacklogState? waiting = null;
        var redis = AskAsync(Down, async _ => waiting = await backlog.ReadAsync(), cancellationToken);
        var sql = AskAsync(Degraded, database.ProbeAsync, cancellationToken);
        var queues = AskAsync(Degraded, doorbell.ProbeAsync, cancellationToken);
        await Task.WhenAll(redis, sql, queues);

        var components = new Dictionary<string, ComponentHealth>
        {
            ["redis"] = await redis,
            ["sql"] = await sql,
            ["queues"] = await queues,
            // A managed server that does not tell is not thereby ill.
            ["aof"] = new(persistence.AppendOnly is "yes" or "unknown" ? Ok : Degraded, $"appendonly={persistence.AppendOnly ?? "unknown"}"),
            ["backlog"] = Describe(waiting),
            ["executor"] = Describe(sandbox.Health, slots.Capacity),
        };
        var statuses = components.Values.Select(component => component.Status).ToList();
        string status = statuses.Contains(Down) ? Down : statuses.Contains(Degraded) ? Degraded : Ok;
        return new ReadinessReport(status, components);
    }

    private static ComponentHealth Describe(BacklogState? waiting)
    {
        if (waiting is null)
            return new ComponentHealth(Down, "unknown: Redis cannot be asked");
        string detail = string.Create(CultureInfo.InvariantCulture,
            $"{waiting.SyncLength} quotas and {waiting.AuditLength} audit events wait (cap {waiting.Cap})");
        return new ComponentHealth(waiting.IsFull ? Down : waiting.IsDegraded ? Degraded : Ok, detail);
    }

    private static ComponentHealth Describe(SandboxHealth sandbox, int capacity)
    {
        string detail = string.Create(CultureInfo.InvariantCulture, $"{sandbox.Busy} of {capacity} slots in use, {sandbox.Ready} workers ready");
        if (sandbox.DeathsInARow > 0)
            detail += string.Create(CultureInfo.InvariantCulture, $", the last {sandbox.DeathsInARow} runs ended their worker");
        // Quotas and consume go on without it, so it alone does not take the service down.
        return new ComponentHealth(sandbox.Ready > 0 && sandbox.Busy < capacity ? Ok : Degraded, detail);
    }

    private async Task<ComponentHealth> AskAsync(string whenDown, Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        try
        {
            await ask(cancellationToken).WaitAsync(Patience, time, cancellationToken);
            return new ComponentHealth(Ok, null, Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1));
        }
        catch (StoreUnavailableException e)
        {
            return new ComponentHealth(e is SqlUnavailableException { IsLasting: true } ? Down : whenDown, e.Reason ?? "cannot be reached");
        }
        catch (TimeoutException)
        {
            return new ComponentHealth(whenDown, "does not answer in time");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A driver's message may hold a host name or worse, so it goes to the log alone.
            LogFailed(logger, e);
            return new ComponentHealth(Down, "refuses what the service needs: see the log");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A part of the service refuses what it is asked")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
