-- Reads up to @Limit rows of all tokens behind the row @Id of @From, in the order of times, up to and including @End and before @Until.
SELECT id AS Id, token AS Token, ws_id AS WorkspaceId, email AS Email, epoch AS Epoch, seq AS Seq,
    quota_before AS QuotaBefore, quota_after AS QuotaAfter, quota_change AS QuotaChange, action AS Action,
    request_id AS RequestId, execution_success AS ExecutionSuccess, execution_error_type AS ExecutionErrorType,
    execution_error_message AS ExecutionErrorMessage, created_at AS CreatedAt, total_after AS TotalAfter,
    effective_at AS EffectiveAt, period AS Period, period_state AS PeriodState, reservation_id AS ReservationId,
    idempotency_key AS IdempotencyKey, meter AS Meter
FROM token_quota_logs
WHERE created_at >= @From AND created_at <= @End AND created_at < @Until AND (created_at > @From OR id > @Id)
ORDER BY created_at, id
LIMIT @Limit
