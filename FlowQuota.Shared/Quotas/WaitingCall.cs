using System.Diagnostics;
using FlowQuota.Storage;
using FlowQuota.Storage.Redis;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;

namespace FlowQuota.Quotas;

/// <summary>A call that asks for its admission.</summary>
/// <param name="token">Who calls.</param>
/// <param name="cost">Units the call takes; 0 = only look.</param>
/// <param name="requestId">The request.</param>
/// <param name="tellsEvent">Whether the admission is to tell the audit event, for an outcome that follows.</param>
/// <param name="deadline">When it gives up; a timestamp.</param>
internal sealed class WaitingCall(PresentedToken token, int cost, string requestId, bool tellsEvent, long deadline)
{
    private readonly TaskCompletionSource<Admission?> _answer = new();
    private TaskCompletionSource<Admission?>? _late;

    public PresentedToken Token => token;

    public int Cost => cost;

    public string RequestId => requestId;

    public bool TellsEvent => tellsEvent;

    public long Deadline => deadline;

    /// <summary>When an admission of it can have happened; null if it was never sent.</summary>
    public AdmissionWindow? Sent { get; set; }

    /// <summary>What it is part of, where that is traced.</summary>
    public Activity? Cause { get; } = FlowQuotaMetrics.TracedActivity;

    /// <summary>
    /// The decision; null = the token is cold. Fails with <see cref="StoreUnavailableException"/> where Redis cannot be
    /// reached, and at the deadline.
    /// </summary>
    public Task<Admission?> Answer => _answer.Task;

    /// <summary>Tells the decision, to whoever still waits for it.</summary>
    public void Decide(Admission? admission)
    {
        if (!_answer.TrySetResult(admission))
            _late?.SetResult(admission);
    }

    /// <summary>Reports why there is no decision.</summary>
    /// <returns>True if the caller still waited, and is refused by this; false if it was refused before.</returns>
    public bool Fail(Exception failure)
    {
        if (_answer.TrySetException(RedisServer.IsUnavailable(failure) ? new StoreUnavailableException("Redis", failure) : failure))
            return true;
        _late?.SetException(failure);
        return false;
    }

    /// <summary>Reports that the script took nothing because it ran past the deadline of one of the calls that were sent together.</summary>
    /// <param name="now">The present; a timestamp.</param>
    /// <returns>True if the caller still waits, so that the call is to be sent again.</returns>
    public bool IsToBeSentAgain(long now)
    {
        if (!_answer.Task.IsCompleted && now < deadline)
            return true;
        // Refused here, or before: either way it costs nothing.
        if (!_answer.TrySetException(TooLate()))
            _late?.SetResult(null);
        return false;
    }

    /// <summary>Ends the waiting because it is over the deadline.</summary>
    /// <param name="wasSent">Whether an answer may still come.</param>
    /// <returns>That answer: Redis may take the call's cost at any time. Null where none comes, or it came in this very moment.</returns>
    public Task<Admission?>? GiveUp(bool wasSent)
    {
        var late = wasSent ? _late = new TaskCompletionSource<Admission?>() : null;
        return _answer.TrySetException(TooLate()) ? late?.Task : null;
    }

    private static StoreUnavailableException TooLate() => new("Redis", new TimeoutException("Redis did not answer in time."));

    /// <summary>The call once it is admitted.</summary>
    /// <param name="auditEvent">Its audit event; '' = not known.</param>
    /// <param name="run">The run of the Redis server that admitted it, or an earlier one; '' = not known.</param>
    public AdmittedCall ToAdmitted(string auditEvent, string run) => new(token.TokenId, cost, requestId, auditEvent, run);
}
