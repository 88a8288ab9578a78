-- Inserts a token; its parameters are the columns. Fails if the public id is in use.
INSERT INTO access_tokens (
    access_token, secret_hash, ws_id, email, name, tags, metadata, created_at, expires_at, operation_type, is_active,
    rate_limit_per_minute, rate_limit_burst, rate_limit_window_seconds, quota_type, total_quota,
    remaining_quota, quota_synced_at, updated_at, quota_epoch, synced_epoch, synced_seq, row_version,
    period_rule, period_state)
VALUES (
    @TokenId, @SecretHash, @WorkspaceId, @Email, @Name, @Tags, @Metadata, @CreatedAt, @ExpiresAt, @OperationType, @IsActive,
    @RateLimitPerMinute, @RateLimitBurst, @RateLimitWindowSeconds, @QuotaType, @TotalQuota,
    @RemainingQuota, @QuotaSyncedAt, @UpdatedAt, @QuotaEpoch, @SyncedEpoch, @SyncedSeq, @RowVersion,
    @Period, @PeriodState)
