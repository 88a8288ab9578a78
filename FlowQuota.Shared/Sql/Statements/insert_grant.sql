-- Inserts the first change of a new token's ledger, epoch 1, seq 1: the grant, from nothing (@Before) by @Change to
-- @RemainingQuota. The other parameters are those of insert_token.sql.
INSERT INTO token_quota_logs (
    token, epoch, seq, ws_id, email, quota_before, quota_after, quota_change, action, request_id, created_at,
    total_after, period, period_state)
VALUES (@TokenId, 1, 1, @WorkspaceId, @Email, @Before, @RemainingQuota, @Change, 'init', @RequestId, @CreatedAt,
    @TotalQuota, @FirstPeriod, @PeriodState)
