using System.Diagnostics;
using FlowQuota.Settings;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Outbox;

/// <summary>
/// Brings what waits in an outbox to SQL: takes the lease, silences the ring, then reads, writes and removes, batch by
/// batch, until nothing waits. Each write is idempotent and each removal is exact, so a drain may die anywhere.
/// </summary>
public abstract partial class OutboxDrain
{
    /// <summary>Longest one drain goes on before it rings for another; well inside every host's time-out.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a drain that has caught up waits for more: under a steady load it would otherwise write a few items, or the
    /// one hot token, again and again, and each time cost what a whole batch does.
    /// </summary>
    internal static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    /// <summary>A removal may take its time: nobody waits for it.</summary>
    private protected static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(5);

    private readonly RedisServer _server;
    private readonly DoorbellRinger _doorbells;
    private readonly TimeProvider _time;
    private readonly TimeSpan _retryPause;
    private readonly ILogger _logger;

    private protected OutboxDrain(OutboxKind kind, RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace,
        DoorbellRinger doorbells, FlowQuotaSettings settings, FlowQuotaMetrics metrics, TimeProvider time, ILogger logger)
    {
        (Kind, _server, Scripts, Keyspace, _doorbells, Metrics, _time, _logger) =
            (kind, server, scripts, keyspace, doorbells, metrics, time, logger);
        BatchSize = settings.SyncBatchSize;
        _retryPause = settings.SyncInterval;
    }

    /// <summary>Which outbox this drains.</summary>
    public OutboxKind Kind { get; }

    /// <summary>Most items of one batch.</summary>
    protected int BatchSize { get; }

    private protected ScriptRunner Scripts { get; }

    private protected RedisKeyspace Keyspace { get; }

    private protected FlowQuotaMetrics Metrics { get; }

    /// <summary>Drains one partition of the outbox. Stores that cannot be reached are logged and make a <see cref="DrainResult.Deferred"/>.</summary>
    /// <param name="partition">Which partition.</param>
    /// <param name="cancellationToken">Ends the drain after the batch at hand.</param>
    public Task<DrainResult> DrainAsync(int partition, CancellationToken cancellationToken) => DrainAsync(partition, cause: null, cancellationToken);

    /// <summary>Drains one partition, and links its span to that of the call that rang.</summary>
    /// <param name="partition">Which partition.</param>
    /// <param name="cause">Which call rang; null = nobody did, or it is not known.</param>
    /// <param name="cancellationToken">Ends the drain after the batch at hand.</param>
    public async Task<DrainResult> DrainAsync(int partition, ActivityContext? cause, CancellationToken cancellationToken)
    {
        using var activity = StartActivity(partition, cause);
        var result = await DrainOrDeferAsync(partition, activity, cancellationToken);
        activity?.SetTag("flowquota.result", result.ToString());
        if (result == DrainResult.Deferred)
            activity?.SetStatus(ActivityStatusCode.Error);
        return result;
    }

    private async Task<DrainResult> DrainOrDeferAsync(int partition, Activity? activity, CancellationToken cancellationToken)
    {
        OutboxLease? lease = null;
        try
        {
            lease = await OutboxLease.TryTakeAsync(_server, Scripts, Keyspace, Kind, partition);
            if (lease is not null)
                return await DrainAsync(lease, activity, cancellationToken);
            // A drain at work sees all that waits before it ends. One that died does not, and this doorbell was the only one.
            if (await OutboxLease.ClaimWaitAsync(_server, Scripts, Keyspace, Kind, partition) is { } rest)
                _doorbells.Ring(Kind, partition, rest + DoorbellRinger.BatchingWindow);
            return DrainResult.Busy;
        }
        catch (StoreUnavailableException e)
        {
            LogDeferred(_logger, Kind, partition, e.Store, e);
            await RingAgainAsync(lease, partition, _retryPause);
            return DrainResult.Deferred;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await RingAgainAsync(lease, partition, TimeSpan.Zero);
            return DrainResult.OutOfTime;
        }
        catch
        {
            // A mistake of ours: told by the host. What waits stays, and another drain may try.
            await RingAgainAsync(lease, partition, _retryPause);
            throw;
        }
    }

    /// <summary>Drains all partitions in turn: for what a lost doorbell left behind.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        for (int partition = 0; partition < Keyspace.Partitions && !cancellationToken.IsCancellationRequested; partition++)
            await DrainAsync(partition, cancellationToken);
    }

    /// <summary>Reads one batch, writes it to SQL and removes it.</summary>
    /// <param name="lease">The lease under which it may be removed.</param>
    /// <param name="cursor">Where the reading goes on; <c>0</c> = from the start.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    private protected abstract Task<DrainedBatch> DrainBatchAsync(OutboxLease lease, string cursor, CancellationToken cancellationToken);

    private async Task<DrainResult> DrainAsync(OutboxLease lease, Activity? activity, CancellationToken cancellationToken)
    {
        long items = 0;
        long started = _time.GetTimestamp();
        string cursor = "0";
        await lease.SilenceRingAsync();
        while (true)
        {
            long batchStarted = _time.GetTimestamp();
            var batch = await DrainBatchAsync(lease, cursor, cancellationToken);
            if (batch.LeaseLost)
                return Lost(lease);
            cursor = batch.Cursor;
            if (batch.Items > 0)
            {
                items += batch.Items;
                activity?.SetTag("flowquota.items", items);
                Metrics.Drained(Kind, batch.Items, _time.GetElapsedTime(batchStarted));
            }

            bool mayBeEmpty = batch.Items == 0 && cursor == "0";
            if (!mayBeEmpty && (cancellationToken.IsCancellationRequested || _time.GetElapsedTime(started) > MaxDuration))
            {
                await RingAgainAsync(lease, lease.Partition, TimeSpan.Zero);
                return DrainResult.OutOfTime;
            }

            if (batch.IsFull || cursor != "0")
                continue;
            switch (await lease.TryReleaseDrainedAsync())
            {
                case true:
                    return DrainResult.Drained;
                case null:
                    return Lost(lease);
                default:
                    await Task.Delay(Gathering, _time, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Linked to the call that rang and not its child: a drain writes what many calls left, and that one is long answered.</summary>
    private Activity? StartActivity(int partition, ActivityContext? cause)
    {
        if (!FlowQuotaMetrics.Activities.HasListeners())
            return null;
        ActivityLink[]? links = cause is { } rang ? [new ActivityLink(rang)] : null;
        return FlowQuotaMetrics.Activities.StartActivity(ActivityKind.Internal, links: links, name: "flowquota.drain")
            ?.SetTag("flowquota.queue", Kind.ToString()).SetTag("flowquota.partition", partition);
    }

    private DrainResult Lost(OutboxLease lease)
    {
        LogLeaseLost(_logger, Kind, lease.Partition);
        return DrainResult.LeaseLost;
    }

    /// <summary>Gives the lease back and rings once more, unless somebody rang meanwhile.</summary>
    private async Task RingAgainAsync(OutboxLease? lease, int partition, TimeSpan pause)
    {
        if (lease is null)
            return;
        try
        {
            bool nobodyRang = await lease.SetRingAsync(pause + pause + DoorbellRinger.BatchingWindow);
            await lease.ReleaseAnywayAsync();
            if (nobodyRang)
                _doorbells.Ring(Kind, partition, pause);
        }
        catch (StoreUnavailableException e)
        {
            // The lease runs out by itself and the sweep drains.
            LogNotReleased(_logger, Kind, partition, e.Store);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Drain {Kind}/{Partition} deferred: {Store} is unavailable; what waits stays in the outbox")]
    private static partial void LogDeferred(ILogger logger, OutboxKind kind, int partition, string store, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Drain {Kind}/{Partition} took longer than its lease; another drain goes on")]
    private static partial void LogLeaseLost(ILogger logger, OutboxKind kind, int partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lease {Kind}/{Partition} could not be given back: {Store} is unavailable")]
    private static partial void LogNotReleased(ILogger logger, OutboxKind kind, int partition, string store);
}
