using System.Collections.Concurrent;
using FlowQuota.Auditing;
using FlowQuota.Outbox;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using Microsoft.Extensions.Logging;

namespace FlowQuota.Quotas;

/// <summary>
/// Refunds admissions of callers who were refused with 503 (invariant 9, a refusal costs nothing): those whose answer came too
/// late, and those whose answer never came but whose event is found.
/// </summary>
internal sealed partial class LateAdmissions(
    ScriptRunner scripts, RedisKeyspace keyspace, PendingAudit pending, IQuotaLogStore logs, TimeProvider time, ILogger<LateAdmissions> logger)
    : ClosingService
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<Task, bool> _pending = new();
    private readonly Dictionary<(string TokenId, string RequestId), (int All, int Open)> _inDoubt = [];
    private readonly OutageLog _unknown = new(time);
    private CancellationToken _stopping;

    /// <summary>Awaits the late answer and undoes what it says.</summary>
    /// <param name="call">The call.</param>
    /// <param name="answer">Its answer, still to come, or why none comes.</param>
    /// <param name="refund">Gives back what an admission took, once for each key.</param>
    public void Undo(WaitingCall call, Task<Admission?> answer, Func<AdmittedCall, string, Task<RefundStatus>> refund)
    {
        var task = UndoAsync(call, answer, refund);
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

    private async Task UndoAsync(WaitingCall call, Task<Admission?> answer, Func<AdmittedCall, string, Task<RefundStatus>> refund)
    {
        try
        {
            if (await IsAdmittedAsync(call, answer).ConfigureAwait(false) is not { } isAdmitted)
                await ResolveAsync(call, call.Sent!.Value, refund).ConfigureAwait(false);
            else if (isAdmitted)
                await RefundAsync(call, Guid.NewGuid().ToString("N"), refund).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // If it had taken the cost, the row is there with an outcome that never came.
            if (_unknown.Count() is > 0 and var count)
                LogUnknown(logger, count, e.Message.ReplaceLineEndings(" "), call.Token.TokenId, call.RequestId);
        }
    }

    /// <summary>Whether the call was admitted; null if no answer says so.</summary>
    private static async Task<bool?> IsAdmittedAsync(WaitingCall call, Task<Admission?> answer)
    {
        try
        {
            return await answer.ConfigureAwait(false) is { Status: AdmissionStatus.Admitted };
        }
        catch (Exception e) when (call.Sent is not null && RedisServer.MayHaveRun(e))
        {
            return null;
        }
    }

    /// <summary>Looks for the event of a call that may have been admitted, and refunds it.</summary>
    private async Task ResolveAsync(
        WaitingCall call, AdmissionWindow window, Func<AdmittedCall, string, Task<RefundStatus>> refund)
    {
        var name = (call.Token.TokenId, call.RequestId);
        Enter(name);
        try
        {
            var positions = await UntilDoneAsync(() => FindAsync(call, window)).ConfigureAwait(false);
            // A caller may use one id for several calls. If more were admitted than are in doubt, some of them were answered.
            if (positions.Count > InDoubt(name))
            {
                LogAmbiguous(logger, call.Token.TokenId, call.RequestId, positions.Count);
                return;
            }

            foreach (var position in positions)
            {
                if (await RefundAsync(call, position.ToString(), refund).ConfigureAwait(false) != RefundStatus.DoneBefore)
                    return;
            }
        }
        finally
        {
            Leave(name);
        }
    }

    private Task<RefundStatus> RefundAsync(WaitingCall call, string key, Func<AdmittedCall, string, Task<RefundStatus>> refund) =>
        UntilDoneAsync(() => refund(call.ToAdmitted(auditEvent: "", run: ""), key));

    /// <summary>The changes that can be the call's, once no more can come: the script refuses it after its deadline.</summary>
    private async Task<IReadOnlyCollection<LedgerPosition>> FindAsync(WaitingCall call, AdmissionWindow window)
    {
        int partition = keyspace.PartitionOf(call.Token.TokenId);
        while (true)
        {
            var clock = await scripts.ReadClockAsync(partition).ConfigureAwait(false);
            if (clock.EarliestAt(time.GetTimestamp()) > window.Until)
                break;
            await Task.Delay(RetryPause, time, _stopping).ConfigureAwait(false);
        }

        // The outbox first: what is no longer there is in SQL.
        HashSet<LedgerPosition> positions = [.. await pending.FindCallsAsync(call.Token.TokenId, call.RequestId, window).ConfigureAwait(false)];
        positions.UnionWith(await logs.FindCallsAsync(call.Token.TokenId, call.RequestId,
            DateTimeOffset.FromUnixTimeMilliseconds(window.From).UtcDateTime, DateTimeOffset.FromUnixTimeMilliseconds(window.Until).UtcDateTime,
            _stopping).ConfigureAwait(false));
        return positions;
    }

    private async Task<T> UntilDoneAsync<T>(Func<Task<T>> attempt)
    {
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (Exception e) when ((e is StoreUnavailableException || RedisServer.IsUnavailable(e)) && !_stopping.IsCancellationRequested)
            {
                await Task.Delay(RetryPause, time, _stopping).ConfigureAwait(false);
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

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "A call {RequestId} of {TokenId} was refused with 503 and may have been admitted, but {Count} calls carry this id: none is refunded")]
    private static partial void LogAmbiguous(ILogger logger, string tokenId, string requestId, int count);
}
