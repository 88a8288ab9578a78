-- Writes the terms of token @TokenId if its row is still at @RowVersion; otherwise changes no row. The next version is by
-- the clock (@Clock, in milliseconds of Unix time), so that a change after the database was restored is newer than any
-- that Redis knows.
UPDATE access_tokens
SET expires_at = @ExpiresAt,
    operation_type = @OperationType,
    is_active = @IsActive,
    rate_limit_per_minute = @RateLimitPerMinute,
    rate_limit_burst = @RateLimitBurst,
    rate_limit_window_seconds = @RateLimitWindowSeconds,
    quota_type = @QuotaType,
    period_rule = @Period,
    name = @Name,
    metadata = @Metadata,
    secret_hash = @SecretHash,
    rotation = @Rotation,
    rotated_at = @RotatedAt,
    previous_secret_hash = @PreviousSecretHash,
    previous_valid_until = @PreviousValidUntil,
    updated_at = @Now,
    row_version = CASE WHEN row_version < @Clock THEN @Clock ELSE row_version + 1 END
WHERE access_token = @TokenId AND row_version = @RowVersion
