namespace FlowQuota.Auditing;

/// <summary>The fields of an event, in the order in which they are written.</summary>
internal enum AuditEventField
{
    /// <summary>Not known to us.</summary>
    Unknown = -1,

    Token,
    WorkspaceId,
    Email,
    Epoch,
    Seq,
    Before,
    After,
    Change,
    Action,
    RequestId,
    At,
    Success,
    ErrorType,
    ErrorMessage,
    Late,
    Total,
}
