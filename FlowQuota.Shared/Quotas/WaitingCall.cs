using System.Diagnostics;
using FlowQuota.Telemetry;
using FlowQuota.Tokens;

namespace FlowQuota.Quotas;

/// <summary>A call that asks for its admission. Its task tells the decision; null = the token is cold.</summary>
/// <param name="token">Who calls.</param>
/// <param name="cost">Units the call takes; 0 = only look.</param>
/// <param name="requestId">The request.</param>
/// <param name="tellsEvent">Whether the admission is to tell the audit event, for an outcome that follows.</param>
internal sealed class WaitingCall(PresentedToken token, int cost, string requestId, bool tellsEvent) : TaskCompletionSource<Admission?>
{
    private const int Waiting = 0;
    private const int Sent = 1;
    private const int Abandoned = 2;

    private int _state;

    public PresentedToken Token => token;

    public int Cost => cost;

    public string RequestId => requestId;

    public bool TellsEvent => tellsEvent;

    /// <summary>What it is part of, where that is traced.</summary>
    public Activity? Cause { get; } = FlowQuotaMetrics.TracedActivity;

    /// <summary>True where nobody waits for it any more and it was never sent.</summary>
    public bool IsAbandoned => Volatile.Read(ref _state) == Abandoned;

    /// <summary>Has it sent. False where it was abandoned.</summary>
    public bool TrySend() => Interlocked.CompareExchange(ref _state, Sent, Waiting) == Waiting;

    /// <summary>Makes sure that it is never sent. False where it was: Redis may take its cost at any time.</summary>
    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting;

    /// <summary>The call once it is admitted.</summary>
    /// <param name="auditEvent">Its audit event; '' = not known.</param>
    /// <param name="run">The run of the Redis server that admitted it, or an earlier one; '' = not known.</param>
    public AdmittedCall ToAdmitted(string auditEvent, string run) => new(token.TokenId, cost, requestId, auditEvent, run);
}
