namespace FlowQuota.Quotas;

/// <summary>
/// Where the calls of one partition wait for their admission. A call that comes alone is sent at once; those that come
/// while others are under way are sent together, tokens in turn, and one run of the script decides them all
/// (docs/decisions/0012).
/// </summary>
internal sealed class AdmissionLine
{
    // Redis does nothing beside a script: with so many calls it runs for about a third of a millisecond.
    private const int MaxTogether = 64;

    // One clock for all calls in line; a timer for each would cost as much as its place in line.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly int _partition;
    private readonly AdmissionScript _script;
    private readonly Action<WaitingCall, Task<Admission?>> _undo;
    private readonly TimeProvider _time;
    private readonly ITimer _clock;
    private readonly Lock _gate = new();
    private readonly FairQueue<WaitingCall> _waiting = new();
    private List<WaitingCall> _sent = [];
    private bool _isClockRunning;

    /// <param name="partition">The partition.</param>
    /// <param name="script">Decides.</param>
    /// <param name="undo">Refunds a call whose caller was refused, if it was admitted all the same: by its answer, still to come, or without one.</param>
    /// <param name="time">Tells when a call is over its deadline.</param>
    public AdmissionLine(int partition, AdmissionScript script, Action<WaitingCall, Task<Admission?>> undo, TimeProvider time)
    {
        (_partition, _script, _undo, _time) = (partition, script, undo, time);
        _clock = time.CreateTimer(_ => GiveUpOverdue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Puts a call in line. It is answered at last at its deadline, or a tick later.</summary>
    public void Enter(WaitingCall call)
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

    // The sending serves others, too, and outlives this call: it is not part of what this call is traced as.
    private void StartSending()
    {
        bool flows = !ExecutionContext.IsFlowSuppressed();
        if (flows)
            ExecutionContext.SuppressFlow();
        // Never fails: whatever happens is told to the calls, and each has a caller who awaits it.
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
            var reply = await sent.ConfigureAwait(false);
            var again = reply.IsScriptFailure && calls.Count > 1
                ? await SendOneByOneAsync(calls).ConfigureAwait(false)
                : Answer(calls, reply);
            lock (_gate)
                calls = TakeNext(again);
            if (calls.Count > 0)
                sent = _script.RunAsync(_partition, calls);
        }
    }

    // What the script stumbled over is one token's, and the others are to have their answers.
    private async Task<List<WaitingCall>> SendOneByOneAsync(List<WaitingCall> calls)
    {
        List<WaitingCall> again = [];
        foreach (var call in calls)
        {
            List<WaitingCall> alone = [call];
            again.AddRange(Answer(alone, await _script.RunAsync(_partition, alone).ConfigureAwait(false)));
        }

        return again;
    }

    /// <summary>Gives each call its answer, or the failure.</summary>
    /// <returns>
    /// Calls to be sent again: the script took nothing because it ran past the deadline of one of them, and they still have time.
    /// </returns>
    private List<WaitingCall> Answer(List<WaitingCall> calls, AdmissionReply reply)
    {
        if (reply.IsLate)
        {
            long now = _time.GetTimestamp();
            return calls.FindAll(call => call.IsToBeSentAgain(now));
        }

        if (reply.Failure is not { } failure)
        {
            _script.Tell(_partition, calls, reply);
            return [];
        }

        foreach (var call in calls)
        {
            if (call.Fail(failure) && reply.IsInDoubt && call.Cost > 0)
                _undo(call, Task.FromException<Admission?>(failure));
        }

        return [];
    }

    private List<WaitingCall> TakeNext(IEnumerable<WaitingCall>? again = null)
    {
        _sent = new List<WaitingCall>(Math.Min(_waiting.Count, MaxTogether));
        if (again is not null)
            _sent.AddRange(again);
        while (_sent.Count < MaxTogether && _waiting.TryDequeue(out var call))
            _sent.Add(call);
        return _sent;
    }

    private void GiveUpOverdue()
    {
        List<WaitingCall> sent;
        List<WaitingCall> neverSent;
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
