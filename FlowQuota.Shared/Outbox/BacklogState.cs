namespace FlowQuota.Outbox;

/// <summary>How much waits for SQL.</summary>
/// <param name="SyncLength">Tokens whose latest quota waits.</param>
/// <param name="AuditLength">Audit events that wait.</param>
/// <param name="Cap">Above this an outbox counts as degraded; nothing is dropped.</param>
/// <param name="HardLimit">From this many audit events on calls are refused with 503.</param>
public sealed record BacklogState(long SyncLength, long AuditLength, int Cap, long HardLimit)
{
    /// <summary>True if either outbox is above its cap.</summary>
    public bool IsDegraded => SyncLength > Cap || AuditLength > Cap;

    /// <summary>True if the audit outbox has reached <see cref="HardLimit"/>.</summary>
    public bool IsFull => AuditLength >= HardLimit;
}
