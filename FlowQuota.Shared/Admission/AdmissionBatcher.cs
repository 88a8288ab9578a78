using FlowQuota.Fairness;

namespace FlowQuota.Admission;

/// <summary>
/// Batches the admissions of one partition. A call that comes alone is sent at once. Calls that come while others are under
/// way are sent together, tokens in turn, and one run of the script decides them all (docs/decisions/0012).
/// </summary>
internal sealed class AdmissionBatcher
{
    // Redis runs nothing else during a script. A script of this many calls takes about a third of a millisecond.
    private const int MaxTogether = 64;

    // One timer for all waiting calls; a timer for each would cost as much as the waiting itself.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly int _partition;
    private readonly AdmissionScript _script;
    private readonly Action<PendingAdmission, Task<AdmissionResult?>> _undo;
    private readonly TimeProvider _time;
    private readonly ITimer _clock;
    private readonly Lock _gate = new();
    private readonly FairQueue<PendingAdmission> _waiting = new();
    private List<PendingAdmission> _sent = [];
    private bool _isClockRunning;

    /// <param name="partition">The partition.</param>
    /// <param name="script">Decides.</param>
    /// <param name="undo">
    /// Refunds a call whose caller was refused, if it was admitted all the same. The reply may still come, or never.
    /// </param>
    /// <param name="time">The clock of the deadlines.</param>
    public AdmissionBatcher(int partition, AdmissionScript script, Action<PendingAdmission, Task<AdmissionResult?>> undo, TimeProvider time)
    {
        (_partition, _script, _undo, _time) = (partition, script, undo, time);
        _clock = time.CreateTimer(_ => GiveUpOverdue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Queues a call. Completes no later than its deadline plus one tick.</summary>
    public void Enter(PendingAdmission call)
    {
        lock (_gate)
        {
            _waiting.Enqueue(call.Token.TokenId, call);
            if (!_isClockRunning)
                RunClock();
            if (_sent.Count > 0)
                return;
            TakeNext();
        }

        StartSending();
    }

    // The send loop serves other callers, so it must not inherit this call's Activity.
    private void StartSending()
    {
        bool flows = !ExecutionContext.IsFlowSuppressed();
        if (flows)
            ExecutionContext.SuppressFlow();
        // Never fails: every failure is handed to the calls, and each has a caller who awaits it.
        _ = SendAsync();
        if (flows)
            ExecutionContext.RestoreFlow();
    }

    private async Task SendAsync()
    {
        var calls = _sent;
        var sent = _script.RunAsync(_partition, calls);
        while (calls.Count > 0)
        {
            var reply = await sent;
            var again = reply.IsScriptFailure && calls.Count > 1
                ? await SendOneByOneAsync(calls)
                : Answer(calls, reply);
            lock (_gate)
                calls = TakeNext(again);
            if (calls.Count > 0)
                sent = _script.RunAsync(_partition, calls);
        }
    }

    // The keys of one token make the script fail; the calls of other tokens must still be decided.
    private async Task<List<PendingAdmission>> SendOneByOneAsync(List<PendingAdmission> calls)
    {
        List<PendingAdmission> again = [];
        foreach (var call in calls)
        {
            List<PendingAdmission> alone = [call];
            again.AddRange(Answer(alone, await _script.RunAsync(_partition, alone)));
        }

        return again;
    }

    /// <summary>Completes each call with its reply, or with the failure.</summary>
    /// <returns>
    /// Calls to be sent again: the script took nothing because it ran past the deadline of one of them, and they still have time.
    /// </returns>
    private List<PendingAdmission> Answer(List<PendingAdmission> calls, AdmissionBatchReply reply)
    {
        if (reply.IsLate)
        {
            long now = _time.GetTimestamp();
            return calls.FindAll(call => call.IsToBeSentAgain(now));
        }

        if (reply.Failure is not { } failure)
        {
            _script.Deliver(_partition, calls, reply);
            return [];
        }

        foreach (var call in calls)
        {
            if (call.Fail(failure) && reply.IsInDoubt && call.Cost > 0)
                _undo(call, Task.FromException<AdmissionResult?>(failure));
        }

        return [];
    }

    private List<PendingAdmission> TakeNext(IEnumerable<PendingAdmission>? again = null)
    {
        _sent = new List<PendingAdmission>(Math.Min(_waiting.Count, MaxTogether));
        if (again is not null)
            _sent.AddRange(again);
        while (_sent.Count < MaxTogether && _waiting.TryDequeue(out var call))
            _sent.Add(call);
        return _sent;
    }

    private void GiveUpOverdue()
    {
        List<PendingAdmission> sent;
        List<PendingAdmission> neverSent;
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            neverSent = _waiting.RemoveAll(call => call.Deadline <= now);
            sent = [.. _sent.Where(call => call.Deadline <= now && !call.Answer.IsCompleted)];
            if (_isClockRunning = _sent.Count > 0 || _waiting.Count > 0)
                RunClock();
        }

        foreach (var call in sent)
        {
            if (call.GiveUp(wasSent: true) is { } late && call.Cost > 0)
                _undo(call, late);
        }

        foreach (var call in neverSent)
            call.GiveUp(wasSent: false);
    }

    private void RunClock()
    {
        _isClockRunning = true;
        _clock.Change(Tick, Timeout.InfiniteTimeSpan);
    }
}
