using System.Collections.Concurrent;
using System.Diagnostics;
using FlowQuota.Errors;
using FlowQuota.Outbox;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Drains;

/// <summary>
/// Brings an outbox to SQL: takes the lease, removes the ring, then reads, writes and removes, batch by batch, until the
/// outbox is empty. Each write is idempotent and each removal is exact, so a drain may die at any point.
/// </summary>
public abstract partial class OutboxDrain
{
    /// <summary>How long one drain runs at most before it rings for another; well below every host's time-out.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a drain that has caught up waits for more, at least. Otherwise, under a steady load, it would write a few items,
    /// or the one hot token, in batch after batch, and each costs as much as a full batch.
    /// </summary>
    internal static readonly TimeSpan CoalescingDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Timeout of a removal; long, because no caller waits for it.</summary>
    private protected static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(5);

    // An outage defers a drain again and again; the first line of each spell says enough.
    private static readonly TimeSpan DeferredPause = TimeSpan.FromSeconds(10);

    // Owners of leases that Redis may still have although the drain is over, by partition.
    private readonly ConcurrentDictionary<int, string> _unknown = new();
    // When a doorbell that could not reach Redis was last rung again, by partition.
    private readonly ConcurrentDictionary<int, long> _rungAgain = new();
    private readonly RedisServer _server;
    private readonly DoorbellSender _doorbells;
    private readonly TimeProvider _time;
    private readonly TimeSpan _retryPause;
    private readonly ILogger _logger;
    private readonly OutageLog _deferred;

    private protected OutboxDrain(OutboxKind kind, RedisServer server, ScriptRunner scripts, RedisKeyspace keyspace,
        DoorbellSender doorbells, OutboxSettings settings, FlowQuotaMetrics metrics, TimeProvider time, ILogger logger)
    {
        (Kind, _server, Scripts, Keyspace, _doorbells, Metrics, _time, _logger) =
            (kind, server, scripts, keyspace, doorbells, metrics, time, logger);
        BatchSize = settings.SyncBatchSize;
        _retryPause = settings.SyncInterval;
        _deferred = new OutageLog(time, DeferredPause);
    }

    /// <summary>Which outbox this drains.</summary>
    public OutboxKind Kind { get; }

    /// <summary>Most items of one batch.</summary>
    protected int BatchSize { get; }

    private protected ScriptRunner Scripts { get; }

    private protected RedisKeyspace Keyspace { get; }

    private protected FlowQuotaMetrics Metrics { get; }

    /// <summary>
    /// Drains one partition of the outbox. If a store cannot be reached, logs it and returns
    /// <see cref="DrainResult.Deferred"/>.
    /// </summary>
    /// <param name="partition">Which partition.</param>
    /// <param name="cancellationToken">Ends the drain after the current batch.</param>
    public Task<DrainResult> DrainAsync(int partition, CancellationToken cancellationToken) => DrainAsync(partition, cause: null, cancellationToken);

    /// <summary>Drains one partition, and links its span to that of the call that rang.</summary>
    /// <param name="partition">Which partition.</param>
    /// <param name="cause">The call that rang; null = none, or it is not known.</param>
    /// <param name="cancellationToken">Ends the drain after the current batch.</param>
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
        string owner = _unknown.TryRemove(partition, out string? known) ? known : Guid.NewGuid().ToString("N");
        try
        {
            lease = await OutboxLease.TryTakeAsync(_server, Scripts, Keyspace, Kind, partition, owner);
            if (lease is not null)
                return await DrainAsync(lease, activity, cancellationToken);
            // A running drain reads everything that waits before it ends. One that died does not, and this doorbell may be the
            // only one.
            if (await OutboxLease.ClaimWaitAsync(_server, Scripts, Keyspace, Kind, partition) is { } rest)
                _doorbells.Ring(Kind, partition, rest + DoorbellSender.BatchingWindow);
            return DrainResult.Busy;
        }
        catch (StoreUnavailableException e)
        {
            if (_deferred.Count() > 0)
                LogDeferred(_logger, Kind, partition, e.Store, e);
            if (lease is null)
                RingUntilRedisIsBack(partition, owner);
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
            // A bug: the host logs it. The events stay in the outbox, and another drain may try.
            await RingAgainAsync(lease, partition, _retryPause);
            throw;
        }
    }

    /// <summary>Drains all partitions in turn; finds what a lost doorbell left behind.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        for (int partition = 0; partition < Keyspace.Partitions && !cancellationToken.IsCancellationRequested; partition++)
            await DrainAsync(partition, cancellationToken);
    }

    /// <summary>How long the drain waits for more after it has caught up.</summary>
    /// <param name="items">How many items it wrote since it waited last.</param>
    internal virtual TimeSpan GatheringTime(long items) => CoalescingDelay;

    /// <summary>Reads one batch, writes it to SQL and removes it.</summary>
    /// <param name="lease">The lease under which it may be removed.</param>
    /// <param name="cursor">Where the read starts; <c>0</c> = from the start.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    private protected abstract Task<DrainedBatch> DrainBatchAsync(OutboxLease lease, string cursor, CancellationToken cancellationToken);

    private async Task<DrainResult> DrainAsync(OutboxLease lease, Activity? activity, CancellationToken cancellationToken)
    {
        long items = 0;
        long gathered = 0;
        long started = _time.GetTimestamp();
        string cursor = "0";
        await lease.SilenceRingAsync();
        while (true)
        {
            long batchStarted = _time.GetTimestamp();
            var batch = await DrainBatchAsync(lease, cursor, cancellationToken);
            if (batch.LeaseLost)
                return await LostAsync(lease);
            cursor = batch.Cursor;
            if (batch.Items > 0)
            {
                items += batch.Items;
                activity?.SetTag("flowquota.items", items);
                Metrics.Drained(Kind.Name, batch.Items, _time.GetElapsedTime(batchStarted));
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
                    return await LostAsync(lease);
                default:
                    await Task.Delay(GatheringTime(items - gathered), _time, cancellationToken);
                    gathered = items;
                    break;
            }
        }
    }

    /// <summary>
    /// Links to the call that rang. It is no child of it, because a drain serves many calls and that one already has its
    /// response.
    /// </summary>
    private Activity? StartActivity(int partition, ActivityContext? cause)
    {
        if (!FlowQuotaMetrics.Activities.HasListeners())
            return null;
        ActivityLink[]? links = cause is { } rang ? [new ActivityLink(rang)] : null;
        return FlowQuotaMetrics.Activities.StartActivity(ActivityKind.Internal, links: links, name: "flowquota.drain")
            ?.SetTag("flowquota.queue", Kind.ToString()).SetTag("flowquota.partition", partition);
    }

    private async Task<DrainResult> LostAsync(OutboxLease lease)
    {
        LogLeaseLost(_logger, Kind, lease.Partition);
        // After a restart or fail-over of Redis no other drain is at work.
        await RingAgainAsync(lease, lease.Partition, TimeSpan.Zero);
        return DrainResult.LeaseLost;
    }

    /// <summary>Releases the lease and rings once more, unless another doorbell was rung in between.</summary>
    private async Task RingAgainAsync(OutboxLease? lease, int partition, TimeSpan pause)
    {
        if (lease is null)
            return;
        try
        {
            bool nobodyRang = await lease.SetRingAsync(pause + pause + DoorbellSender.BatchingWindow);
            await lease.ReleaseAnywayAsync();
            if (nobodyRang)
                _doorbells.Ring(Kind, partition, pause);
        }
        catch (StoreUnavailableException e)
        {
            RingUntilRedisIsBack(partition, lease.Owner);
            LogNotReleased(_logger, Kind, partition, e.Store);
        }
    }

    /// <summary>
    /// Rings again for a doorbell that could not reach Redis, because it may have been the only one. One doorbell of this
    /// process at a time does so; otherwise each sweep would add one for as long as the outage lasts.
    /// </summary>
    /// <param name="partition">Which partition.</param>
    /// <param name="owner">
    /// Owner of a lease that Redis may still have. The next drain of this process takes it again; otherwise it expires and the
    /// sweep drains.
    /// </param>
    private void RingUntilRedisIsBack(int partition, string owner)
    {
        _unknown[partition] = owner;
        long now = _time.GetTimestamp();
        if (_rungAgain.TryGetValue(partition, out long last) && _time.GetElapsedTime(last, now) < _retryPause)
            return;
        _rungAgain[partition] = now;
        _doorbells.Ring(Kind, partition, _retryPause);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Drain {Kind}/{Partition} deferred: {Store} is unavailable; what waits stays in the outbox")]
    private static partial void LogDeferred(ILogger logger, OutboxKind kind, int partition, string store, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Drain {Kind}/{Partition} lost its lease: it took too long, or Redis restarted or failed over; another drain continues")]
    private static partial void LogLeaseLost(ILogger logger, OutboxKind kind, int partition);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lease {Kind}/{Partition} could not be given back: {Store} is unavailable")]
    private static partial void LogNotReleased(ILogger logger, OutboxKind kind, int partition, string store);
}
