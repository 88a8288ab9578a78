using System.Globalization;
using FlowQuota.Errors;
using FlowQuota.Execution;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Sql;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Health;

/// <summary>Checks every component, all at once and each for two seconds at most.</summary>
public sealed partial class ReadinessCheck(
    OutboxBacklog backlog, RedisServer server, RedisKeyspace keyspace, SqlDialect database, IDoorbell doorbell, RedisPersistenceCheck persistence, SandboxPool sandbox, ExecutionSlots slots, TimeProvider time,
    ILogger<ReadinessCheck> logger)
{
    private const string Ok = "ok";
    private const string Degraded = "degraded";
    private const string Down = "down";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProbeLife = TimeSpan.FromMinutes(1);

    /// <summary>Checks all components and reports; never fails.</summary>
    public async Task<ReadinessReport> RunAsync(CancellationToken cancellationToken)
    {
        BacklogState? waiting = null;
        string? evicting = null;
        var redis = ProbeAsync(Down, async _ =>
        {
            waiting = await backlog.ReadAsync();
            evicting = await persistence.EvictingPolicyAsync();
            await WriteAsync();
        }, cancellationToken);
        var sql = ProbeAsync(Degraded, database.ProbeAsync, cancellationToken);
        var queues = ProbeAsync(Degraded, doorbell.ProbeAsync, cancellationToken);
        await Task.WhenAll(redis, sql, queues);

        var components = new Dictionary<string, ComponentHealth>
        {
            ["redis"] = evicting is null || (await redis).Status != Ok
                ? await redis
                : new ComponentHealth(Degraded, $"may evict quotas (maxmemory-policy {evicting}): set noeviction", (await redis).LatencyMs),
            ["sql"] = await sql,
            ["queues"] = await queues,
            // Managed Redis may hide its configuration; that is not a failure.
            ["aof"] = new(persistence.AppendOnly is "yes" or "unknown" ? Ok : Degraded, $"appendonly={persistence.AppendOnly ?? "unknown"}"),
            ["backlog"] = Describe(waiting),
            ["executor"] = Describe(sandbox.Health, slots.Capacity),
        };
        var statuses = components.Values.Select(component => component.Status).ToList();
        string status = statuses.Contains(Down) ? Down : statuses.Contains(Degraded) ? Degraded : Ok;
        return new ReadinessReport(status, components);
    }

    /// <summary>Writes to each partition, because a server may reply and yet refuse the writes of a call.</summary>
    private async Task WriteAsync()
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, keyspace.Partitions).Select(partition =>
                server.RunAsync(database => database.StringSetAsync(keyspace.Probe(partition), 1, ProbeLife)))).WaitAsync(server.Timeout);
        }
        catch (Exception e) when (RedisServer.IsUnavailable(e))
        {
            throw RedisServer.Unavailable(e);
        }
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
        // Quotas and consume work without it, so it alone does not take the service down.
        return new ComponentHealth(sandbox.Ready > 0 && sandbox.Busy < capacity ? Ok : Degraded, detail);
    }

    private async Task<ComponentHealth> ProbeAsync(string whenDown, Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
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
            // A driver's message may have a host name or worse, so it is only logged.
            LogFailed(logger, e);
            return new ComponentHealth(Down, "refuses what the service needs: see the log");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A component of the service refuses requests")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
