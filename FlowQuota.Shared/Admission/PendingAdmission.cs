using System.Diagnostics;
using FlowQuota.Errors;
using FlowQuota.Ledger;
using FlowQuota.Redis;
using FlowQuota.Tokens;

namespace FlowQuota.Admission;

/// <summary>A call that waits for its admission.</summary>
/// <param name="token">The caller's token.</param>
/// <param name="cost">Units the call takes; 0 = only look.</param>
/// <param name="requestId">The request.</param>
/// <param name="returnsEvent">Whether the decision must include the audit event, because an outcome follows.</param>
/// <param name="deadline">When the caller gives up; a timestamp.</param>
internal sealed class PendingAdmission(PresentedToken token, int cost, string requestId, bool returnsEvent, long deadline)
{
    private readonly TaskCompletionSource<AdmissionResult?> _answer = new();
    private TaskCompletionSource<AdmissionResult?>? _late;

    public PresentedToken Token => token;

    public int Cost => cost;

    public string RequestId => requestId;

    public bool ReturnsEvent => returnsEvent;

    public long Deadline => deadline;

    /// <summary>Whether the decision must include the token's owner.</summary>
    public bool ReturnsOwner { get; init; }

    /// <summary>
    /// The claim under which the call is charged once with other attempts under the same key; null = it is charged by itself.
    /// </summary>
    public ChargeClaim? Claim { get; init; }

    /// <summary>The same call, to be sent again.</summary>
    /// <param name="until">When the caller gives up; a timestamp.</param>
    public PendingAdmission Again(long until) => new(token, cost, requestId, returnsEvent, until)
    {
        ReturnsOwner = ReturnsOwner,
        Claim = Claim?.Again(),
    };

    /// <summary>The period in which the call can have been admitted; null if it was never sent.</summary>
    public AdmissionWindow? Sent { get; set; }

    /// <summary>The call's Activity; null if it is not traced.</summary>
    public Activity? Cause { get; set; }

    /// <summary>
    /// The decision; null = the token is cold. Fails with <see cref="StoreUnavailableException"/> at the deadline, or if Redis
    /// cannot be reached.
    /// </summary>
    public Task<AdmissionResult?> Answer => _answer.Task;

    /// <summary>Completes the call with the decision, if its caller still waits.</summary>
    public void Decide(AdmissionResult? admission)
    {
        if (!_answer.TrySetResult(admission))
            _late?.SetResult(admission);
    }

    /// <summary>Completes the call with the reason why there is no decision.</summary>
    /// <returns>True if the caller still waited and is refused now; false if it was refused before.</returns>
    public bool Fail(Exception failure)
    {
        if (_answer.TrySetException(RedisServer.IsUnavailable(failure) ? new StoreUnavailableException("Redis", failure) : failure))
            return true;
        _late?.SetException(failure);
        return false;
    }

    /// <summary>
    /// Reports that the script took nothing because it ran past the deadline of one of the calls sent together.
    /// </summary>
    /// <param name="now">The current timestamp.</param>
    /// <returns>True if the caller still waits, so that the call must be sent again.</returns>
    public bool IsToBeSentAgain(long now)
    {
        if (!_answer.Task.IsCompleted && now < deadline)
            return true;
        // Refused now or earlier; either way nothing was taken.
        if (!_answer.TrySetException(TooLate()))
            _late?.SetResult(null);
        return false;
    }

    /// <summary>Refuses the call because its deadline is past.</summary>
    /// <param name="wasSent">Whether a reply may still come.</param>
    /// <returns>
    /// The reply to come: Redis may still take the call's cost. Null if none comes, or if it came at this moment.
    /// </returns>
    public Task<AdmissionResult?>? GiveUp(bool wasSent)
    {
        var late = wasSent ? _late = new TaskCompletionSource<AdmissionResult?>() : null;
        return _answer.TrySetException(TooLate()) ? late?.Task : null;
    }

    private static StoreUnavailableException TooLate() => new("Redis", new TimeoutException("Redis did not answer in time."));

    /// <summary>The call as an admitted one.</summary>
    /// <param name="auditEvent">Its audit event; '' = not known.</param>
    /// <param name="run">The run of the Redis server that admitted it, or an earlier one; '' = not known.</param>
    /// <param name="periodTime">A time in the period in which it was admitted, UTC; null = not known, or a token without periods.</param>
    /// <param name="firstRequestId">The request that was charged, if it is an earlier one; null = this one.</param>
    public AdmittedCall ToAdmitted(string auditEvent, string run, DateTime? periodTime, string? firstRequestId = null) =>
        new(token.TokenId, cost, firstRequestId ?? requestId, auditEvent, run) { Claim = Claim, PeriodTime = periodTime };
}
