using System.Collections.Concurrent;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Outbox;
using FlowQuota.Periods;
using FlowQuota.Redis;
using FlowQuota.Telemetry;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Admission;

/// <summary>
/// Refunds admissions of callers who were refused with 503 (invariant 9, a refusal costs nothing): if the reply of Redis came
/// too late, and if it never came but the event is found.
/// </summary>
public sealed partial class LateAdmissionRefunder(
    ScriptRunner scripts, RedisKeyspace keyspace, AuditOutboxReader pending, IQuotaLogStore logs, TimeProvider time, ILogger<LateAdmissionRefunder> logger)
    : FlushOnStopService
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    // Two readings of one clock differ by less, because a reading takes no longer than Redis has time to answer.
    private const long MostMillisecondsBetweenReadings = 10_000;

    private readonly ConcurrentDictionary<Task, bool> _pending = new();
    private readonly Dictionary<(string TokenId, string RequestId), (int All, int Open)> _inDoubt = [];
    private readonly OutageLog _unknown = new(time);
    private CancellationToken _stopping;

    /// <summary>Awaits the late reply and refunds the admission that it reports.</summary>
    /// <param name="call">The call.</param>
    /// <param name="answer">Its answer, still to come, or why none comes.</param>
    /// <param name="refund">Gives back what an admission took, once for each key.</param>
    internal void Undo(PendingAdmission call, Task<AdmissionResult?> answer, Func<AdmittedCall, string, Task<RefundStatus>> refund) =>
        Own(UndoAsync(call, answer, refund));

    /// <summary>Makes a refund that failed because Redis was away, once Redis is back.</summary>
    /// <param name="refund">The refund, under one key, so that it may be repeated.</param>
    /// <param name="call">The call, for the log.</param>
    internal void RefundLater(Func<Task<RefundStatus>> refund, AdmittedCall call) => Own(RefundLaterAsync(refund, call));

    private async Task RefundLaterAsync(Func<Task<RefundStatus>> refund, AdmittedCall call)
    {
        try
        {
            await UntilDoneAsync(refund);
        }
        catch (Exception e)
        {
            LogNotRefunded(logger, e, call.TokenId, call.RequestId);
        }
    }

    private void Own(Task task)
    {
        _pending.TryAdd(task, true);
        _ = task.ContinueWith(done => _pending.TryRemove(done, out _), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task FinishAsync(CancellationToken cancellationToken) =>
        Task.WhenAny(Task.WhenAll(_pending.Keys), Task.Delay(TimeSpan.FromSeconds(3), cancellationToken));

    private async Task UndoAsync(PendingAdmission call, Task<AdmissionResult?> answer, Func<AdmittedCall, string, Task<RefundStatus>> refund)
    {
        try
        {
            var (isAdmitted, periodTime) = await IsAdmittedAsync(call, answer);
            if (call.Claim is { IsRemembered: true })
                await ReleaseAsync(call, isAdmitted, periodTime, refund);
            else if (isAdmitted is null)
                await ResolveAsync(call, call.Sent!.Value, refund);
            else if (isAdmitted == true)
                await RefundAsync(call, Guid.NewGuid().ToString("N"), periodTime, refund);
        }
        catch (Exception e)
        {
            // If the cost was taken, SQL has the row, without an outcome.
            if (_unknown.Count() is > 0 and var count)
                LogUnknown(logger, count, e.Message.ReplaceLineEndings(" "), call.Token.TokenId, call.RequestId);
        }
    }

    /// <summary>Whether the call was admitted, and in which period; null if no reply says so.</summary>
    private static async Task<(bool? IsAdmitted, DateTime? PeriodTime)> IsAdmittedAsync(PendingAdmission call, Task<AdmissionResult?> answer)
    {
        try
        {
            var admission = await answer;
            return (admission is { Status: AdmissionStatus.Admitted }, admission?.Allowance?.Period?.StartsAt);
        }
        catch (Exception e) when (call.Sent is not null && RedisServer.MayHaveRun(e))
        {
            return (null, UnixTime.At(call.Sent.Value.From));
        }
    }

    /// <summary>Refunds an attempt under a key. The key in Redis names the attempts that were admitted.</summary>
    private async Task ReleaseAsync(PendingAdmission call, bool? isAdmitted, DateTime? periodTime, Func<AdmittedCall, string, Task<RefundStatus>> refund)
    {
        if (isAdmitted == false)
            return;
        if (isAdmitted is null)
            await UntilDoneAsync(() => AwaitEndAsync(call, call.Sent!.Value));
        await RefundAsync(call, key: "", periodTime, refund);
    }

    /// <summary>Looks for the event of a call that may have been admitted, and refunds it.</summary>
    private async Task ResolveAsync(
        PendingAdmission call, AdmissionWindow window, Func<AdmittedCall, string, Task<RefundStatus>> refund)
    {
        var name = (call.Token.TokenId, call.RequestId);
        Enter(name);
        try
        {
            var calls = await UntilDoneAsync(() => FindAsync(call, window));
            // A caller may use one id for several calls. If more were admitted than are in doubt, some of them got a response.
            if (calls.Count > InDoubt(name))
            {
                LogAmbiguous(logger, call.Token.TokenId, call.RequestId, calls.Count);
                return;
            }

            foreach (var found in calls)
            {
                if (await RefundAsync(call, found.Position.ToString(), found.At, refund) != RefundStatus.DoneBefore)
                    return;
            }
        }
        finally
        {
            Leave(name);
        }
    }

    private Task<RefundStatus> RefundAsync(
        PendingAdmission call, string key, DateTime? periodTime, Func<AdmittedCall, string, Task<RefundStatus>> refund) =>
        UntilDoneAsync(() => refund(call.ToAdmitted(auditEvent: "", run: "", periodTime), key));

    /// <summary>Waits until the call can no longer be admitted: the script refuses it after its deadline.</summary>
    /// <returns>When it can have been admitted. If the server's clock was set back since, also by the clock as it is now.</returns>
    private async Task<AdmissionWindow> AwaitEndAsync(PendingAdmission call, AdmissionWindow window)
    {
        int partition = keyspace.PartitionOf(call.Token.TokenId);
        while (true)
        {
            var clock = await scripts.ReadClockAsync(partition);
            long now = clock.EarliestAt(time.GetTimestamp()), setBack = window.From - clock.EarliestAt(window.SentAt);
            if (now > window.Until)
                return window;
            if (setBack > MostMillisecondsBetweenReadings && now > window.Until - setBack)
                return window with { From = window.From - setBack };
            await Task.Delay(RetryPause, time, _stopping);
        }
    }

    /// <summary>The recorded changes that can be the call's, read after its deadline.</summary>
    private async Task<IReadOnlyCollection<FoundCall>> FindAsync(PendingAdmission call, AdmissionWindow window)
    {
        window = await AwaitEndAsync(call, window);

        // The outbox first: an event that is no longer there is in SQL.
        HashSet<FoundCall> calls = [.. await pending.FindCallsAsync(call.Token.TokenId, call.RequestId, window)];
        calls.UnionWith(await logs.FindCallsAsync(call.Token.TokenId, call.RequestId,
            UnixTime.At(window.From), UnixTime.At(window.Until), _stopping));
        return calls;
    }

    private async Task<T> UntilDoneAsync<T>(Func<Task<T>> attempt)
    {
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (Exception e) when ((e is StoreUnavailableException || RedisServer.IsUnavailable(e)) && !_stopping.IsCancellationRequested)
            {
                await Task.Delay(RetryPause, time, _stopping);
            }
        }
    }

    private void Enter((string, string) name)
    {
        lock (_inDoubt)
        {
            var (all, open) = _inDoubt.GetValueOrDefault(name);
            _inDoubt[name] = (all + 1, open + 1);
        }
    }

    private int InDoubt((string, string) name)
    {
        lock (_inDoubt)
            return _inDoubt[name].All;
    }

    private void Leave((string, string) name)
    {
        lock (_inDoubt)
        {
            var (all, open) = _inDoubt[name];
            if (open == 1)
                _inDoubt.Remove(name);
            else
                _inDoubt[name] = (all, open - 1);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Cannot determine whether {Count} late calls since the last such line were admitted: {Reason}; the last was {RequestId} of {TokenId}")]
    private static partial void LogUnknown(ILogger logger, int count, string reason, string tokenId, string requestId);

    [LoggerMessage(Level = LogLevel.Error, Message =
        "Request {RequestId} of {TokenId} could not be given back before this instance ended: recharge it by hand")]
    private static partial void LogNotRefunded(ILogger logger, Exception reason, string tokenId, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "A call {RequestId} of {TokenId} was refused with 503 and may have been admitted, but {Count} calls carry this id: none is refunded")]
    private static partial void LogAmbiguous(ILogger logger, string tokenId, string requestId, int count);
}
