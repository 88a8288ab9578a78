-- The columns of token_quota_logs by the names of QuotaLogRow.
id AS Id, token AS Token, ws_id AS WorkspaceId, email AS Email, epoch AS Epoch, seq AS Seq,
    quota_before AS QuotaBefore, quota_after AS QuotaAfter, quota_change AS QuotaChange, action AS Action,
    request_id AS RequestId, execution_success AS ExecutionSuccess, execution_error_type AS ExecutionErrorType,
    execution_error_message AS ExecutionErrorMessage, created_at AS CreatedAt, total_after AS TotalAfter,
    effective_at AS EffectiveAt, period AS Period, period_state AS PeriodState, reservation_id AS ReservationId,
    idempotency_key AS IdempotencyKey, meter AS Meter
