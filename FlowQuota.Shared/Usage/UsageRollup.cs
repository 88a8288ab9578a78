using FlowQuota.Errors;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Usage;

/// <summary>
/// Rolls the log up to usage. It counts the rows of a quarter of an hour and replaces its usage by that, never adds to it. So it may
/// die at any point and be repeated. One instance at a time does so.
/// </summary>
/// <param name="store">The log and the usage.</param>
/// <param name="ledger">Finds up to when SQL has every row.</param>
/// <param name="settings">How long usage is kept.</param>
/// <param name="time">The clock for the age of usage.</param>
/// <param name="logger">Logs each run.</param>
/// <param name="deadline">
/// How long one run may take before it leaves the rest to the next; null = 4 minutes. What is under way then has half a minute more, so a run
/// ends well within the time that a function may take.
/// </param>
public sealed partial class UsageRollup(
    IUsageRollupStore store, LedgerProgress ledger, UsageSettings settings, TimeProvider time, ILogger<UsageRollup> logger, TimeSpan? deadline = null)
{
    private static readonly TimeSpan LastStatement = TimeSpan.FromSeconds(30);

    // A run counts the youngest quarter of an hour anew, so under load it must not come with each tick of the timer.
    private const int PausesOfARun = 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    // Ticks of a timer are a little early or late.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _deadline = deadline ?? TimeSpan.FromMinutes(4);
    private Run? _last;

    /// <summary>
    /// Rolls up if the last run of this instance is long enough ago: 20 times as long as it took, and at most 5 minutes.
    /// </summary>
    /// <returns>How many quarters of an hour were counted; null if none is due, or another instance is at it.</returns>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached; the next run continues.</exception>
    public async Task<int?> RunIfDueAsync(CancellationToken cancellationToken)
    {
        if (_last is { } last && time.GetElapsedTime(last.StartedAt) + Early < last.Pause)
            return null;
        long started = time.GetTimestamp();
        try
        {
            return await RunAsync(cancellationToken);
        }
        finally
        {
            var pause = time.GetElapsedTime(started) * PausesOfARun;
            _last = new Run(started, pause < LongestPause ? pause : LongestPause);
        }
    }

    /// <summary>Rolls up what came since the last run.</summary>
    /// <returns>How many quarters of an hour were counted; null if another instance is at it.</returns>
    /// <exception cref="StoreUnavailableException">Redis or SQL cannot be reached; the next run continues.</exception>
    public async Task<int?> RunAsync(CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(_deadline + LastStatement, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            return await RollUpAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LogGivenUp(logger, _deadline + LastStatement);
            return 0;
        }
    }

    private async Task<int?> RollUpAsync(CancellationToken cancellationToken)
    {
        await using var session = await store.TryBeginAsync(cancellationToken);
        if (session is null)
            return null;

        using var activity = FlowQuotaMetrics.Activities.StartActivity("flowquota.usage");
        long started = time.GetTimestamp();
        var now = time.GetUtcNow().UtcDateTime;
        var keptFrom = QuarterHour.Of(now - TimeSpan.FromDays(settings.RetentionDays));
        // Redis first: what has left the outbox by then is among the rows that are counted.
        var complete = await ledger.FindCompleteUntilAsync();
        await session.NoteChangesAsync(settings.LongestRun, cancellationToken);

        int counted = 0;
        DateTime? rest;
        while ((rest = await session.FindOldestNotedAsync(cancellationToken)) is { } start && time.GetElapsedTime(started) < _deadline)
        {
            await session.RecountAsync(start, keptFrom, now, cancellationToken);
            counted++;
        }

        if (complete is { } until)
            await session.SetCompleteUntilAsync(rest < until ? rest.Value : until, cancellationToken);
        while (time.GetElapsedTime(started) < _deadline && await session.RemoveQuarterAsync(keptFrom, cancellationToken))
        {
            // The next one.
        }

        activity?.SetTag("flowquota.counted", counted).SetTag("flowquota.completed", rest is null);
        var took = time.GetElapsedTime(started);
        LogRun(logger, counted, took, rest is null);
        return counted;
    }

    private sealed record Run(long StartedAt, TimeSpan Pause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The roll-up of usage was ended after {Time}, in a statement; the next run goes on with what is done by then")]
    private static partial void LogGivenUp(ILogger logger, TimeSpan time);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Usage of {Counted} quarters of an hour counted in {Took}; nothing left: {IsCompleted}")]
    private static partial void LogRun(ILogger logger, int counted, TimeSpan took, bool isCompleted);
}
