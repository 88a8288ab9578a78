namespace FlowQuota.Ledger;

/// <summary>The fields of an event, in the order in which they are written.</summary>
internal enum AuditEventField
{
    /// <summary>A field that this version does not know.</summary>
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
    EffectiveAt,
    Period,
    PeriodState,
    ReservationId,
    IdempotencyKey,
    Meter,
    Hold,
}
