using FlowQuota.Errors;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Retention;

/// <summary>Removes log rows that are older than the retention, in batches. One instance at a time does so.</summary>
/// <param name="store">Removes the rows.</param>
/// <param name="settings">How long they are kept.</param>
/// <param name="clock">The clock for the age of rows and for the pauses.</param>
/// <param name="logger">Logs each run.</param>
/// <param name="deadline">
/// How long one timed call may take before it leaves the rest to the next; well below the function's time-out. Null = 4
/// minutes.
/// </param>
public sealed partial class QuotaLogCleanup(
    IRetentionStore store, RetentionSettings settings, TimeProvider clock, ILogger<QuotaLogCleanup> logger, TimeSpan? deadline = null)
{
    // Pause between batches so that other writers can make progress; a batch of the default size takes a few times as long.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // The timer may tick some milliseconds early. Without this tolerance such a tick would skip its hour, every day.
    private static readonly TimeSpan TimerSlack = TimeSpan.FromMinutes(5);

    // An HTTP-triggered function is behind a proxy with a time-out of 240 s.
    private static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(200);

    private readonly ExpiredRows _expired = new(store, clock);
    private readonly TimeSpan _deadline = deadline ?? TimeSpan.FromMinutes(4);

    /// <summary>Removes all expired rows now; the manual trigger. Works also if the timer is off.</summary>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached; what was removed until then is recorded.</exception>
    public async Task<CleanupResult> RunAsync(CancellationToken cancellationToken)
    {
        await using var session = await store.TryBeginAsync(cancellationToken);
        if (session is null) return AlreadyRunning();

        return await RunAsync(session, _deadline < LongestRequest ? _deadline : LongestRequest, cancellationToken);
    }

    /// <summary>
    /// The timer's tick: makes partitions ahead, deletes old requests, and removes expired rows if retention is enabled and the
    /// interval is over or a run was left unfinished.
    /// </summary>
    /// <returns>Null if nothing was due.</returns>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached; the next tick continues.</exception>
    public async Task<CleanupResult?> RunIfDueAsync(CancellationToken cancellationToken)
    {
        await using var session = await store.TryBeginAsync(cancellationToken);
        if (session is null) return AlreadyRunning();

        if (!await session.TryAddPartitionsAsync(Now, cancellationToken)) LogCatchAllInUse(logger);
        await session.ForgetRequestsAsync(Now - settings.RememberRequests, cancellationToken);

        // Read under the lock: another instance may have finished a moment ago.
        return settings.Enabled && IsDue(await store.ReadHistoryAsync(cancellationToken))
            ? await RunAsync(session, _deadline, cancellationToken)
            : null;
    }

    /// <summary>
    /// Stops the run that is under way, on whichever instance it is, after the batch at hand. What it removed stays removed; the
    /// rest is left to the next run, an interval after the start of this one.
    /// </summary>
    /// <returns>False if no run is under way or was interrupted.</returns>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    public Task<bool> StopAsync(CancellationToken cancellationToken) => store.StopRunAsync(Now, cancellationToken);

    /// <summary>Reads the state of retention.</summary>
    /// <exception cref="StoreUnavailableException">SQL cannot be reached.</exception>
    public async Task<CleanupStats> GetStatsAsync(CancellationToken cancellationToken)
    {
        var history = await store.ReadHistoryAsync(cancellationToken);
        int? expired = await _expired.CountAsync(Cutoff, history, cancellationToken);
        return new CleanupStats(
            settings.Enabled,
            settings.RetentionDays,
            settings.Interval,
            settings.BatchSize,
            history.LastCompleted?.StartedAt,
            history.LastCompleted?.DeletedCount,
            history.TotalDeletedCount,
            settings.Enabled ? history.LastCompleted?.StartedAt + settings.Interval : null,
            history.Unfinished,
            expired);
    }

    private DateTime Now => clock.GetUtcNow().UtcDateTime;

    private DateTime Cutoff => Now - TimeSpan.FromDays(settings.RetentionDays);

    // A last run that is later than now means that the clock was set back, and how long ago it was is not known.
    private bool IsDue(CleanupHistory history) =>
        history.Unfinished is not null || history.LastCompleted is not { } last
        || Now >= last.StartedAt + settings.Interval - TimerSlack || Now < last.StartedAt - TimerSlack;

    private async Task<CleanupResult> RunAsync(ICleanupSession session, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.cleanup");
        long start = clock.GetTimestamp();
        var cutoff = Cutoff;
        await session.StartRunAsync(Now, settings.RetentionDays, cancellationToken);

        var (deleted, end) = await RemoveAsync(session, cutoff, () => clock.GetElapsedTime(start) >= limit, cancellationToken);
        bool isCompleted = end == End.NothingLeft;
        if (isCompleted) await session.CompleteRunAsync(Now, cancellationToken);

        activity?.SetTag("flowquota.deleted", deleted).SetTag("flowquota.completed", isCompleted);
        var took = clock.GetElapsedTime(start);
        LogRun(logger, deleted, cutoff, took, isCompleted);
        return new CleanupResult(deleted, settings.RetentionDays, isCompleted, WasAlreadyRunning: false, WasStopped: end == End.Stopped);
    }

    private async Task<(long Deleted, End End)> RemoveAsync(
        ICleanupSession session, DateTime cutoff, Func<bool> isLate, CancellationToken cancellationToken)
    {
        long deleted = 0;
        while (await session.DropExpiredPartitionAsync(cutoff, cancellationToken) is { } dropped)
        {
            deleted += dropped;
            if (await session.IsStoppedAsync(cancellationToken)) return (deleted, End.Stopped);
            if (isLate()) return (deleted, End.Late);
        }

        while (true)
        {
            int batch = await session.DeleteBatchAsync(cutoff, settings.BatchSize, cancellationToken);
            deleted += batch;
            if (batch < settings.BatchSize) return (deleted, End.NothingLeft);
            if (await session.IsStoppedAsync(cancellationToken)) return (deleted, End.Stopped);
            if (isLate()) return (deleted, End.Late);
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private CleanupResult AlreadyRunning() => new(0, settings.RetentionDays, IsCompleted: false, WasAlreadyRunning: true);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Log cleanup removed {Deleted} rows made before {Cutoff:u} in {Took}; nothing left: {IsCompleted}")]
    private static partial void LogRun(ILogger logger, long deleted, DateTime cutoff, TimeSpan took, bool isCompleted);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Partition p_future of token_quota_logs holds too many rows to be split while the app runs: until it is split "
            + "by hand (ALTER TABLE ... REORGANIZE PARTITION p_future), expired rows are deleted in batches")]
    private static partial void LogCatchAllInUse(ILogger logger);

    private enum End
    {
        NothingLeft,
        Late,
        Stopped,
    }
}
