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

    /// <summary>Tells why there is no decision.</summary>
    public void Fail(Exception failure)
    {
        if (!_answer.TrySetException(RedisServer.IsUnavailable(failure) ? new StoreUnavailableException("Redis", failure) : failure))
            _late?.SetException(failure);
    }

    /// <summary>Ends the waiting because it is over the deadline.</summary>
    /// <param name="wasSent">Whether an answer may still come.</param>
    /// <returns>That answer: Redis may take the call's cost at any time. Null where none comes, or it came in this very moment.</returns>
    public Task<Admission?>? GiveUp(bool wasSent)
    {
        var late = wasSent ? _late = new TaskCompletionSource<Admission?>() : null;
        var failure = new StoreUnavailableException("Redis", new TimeoutException("Redis did not answer in time."));
        return _answer.TrySetException(failure) ? late?.Task : null;
    }

    /// <summary>The call once it is admitted.</summary>
    /// <param name="auditEvent">Its audit event; '' = not known.</param>
    /// <param name="run">The run of the Redis server that admitted it, or an earlier one; '' = not known.</param>
    public AdmittedCall ToAdmitted(string auditEvent, string run) => new(token.TokenId, cost, requestId, auditEvent, run);
}
