-- Periods, holds, idempotency keys and labels: new kinds of rows and their columns. All new columns are NULL in a plain
-- call's row. New ENUM values and columns at the end of a table change no stored row.

SET @add_log_columns = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE token_quota_logs
     MODIFY COLUMN action ENUM(''init'',''consume'',''refund'',''recharge'',''refill'',''expire'',''reserve'',''release'') NOT NULL,
     ADD COLUMN effective_at DATETIME(3) NULL COMMENT ''the boundary of a refill or expire'',
     ADD COLUMN period INT NULL COMMENT ''number of the period that a refill begins or an expire ends'',
     ADD COLUMN period_state VARCHAR(96) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''the period after the change: number:starts:ends:amount:bought, times in ms since 1970'',
     ADD COLUMN reservation_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
     ADD COLUMN idempotency_key VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
     ADD COLUMN meter VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
     ADD COLUMN actor VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''who asked for an admin change''',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs' AND COLUMN_NAME = 'effective_at');
PREPARE add_log_columns FROM @add_log_columns;
EXECUTE add_log_columns;
DEALLOCATE PREPARE add_log_columns;

SET @add_period_columns = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE access_tokens
     ADD COLUMN period_rule VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''unit every amount anchor zone carry_over; NULL = no periods'',
     ADD COLUMN period_state VARCHAR(96) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''with remaining_quota: number:starts:ends:amount:bought, times in ms since 1970''',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens' AND COLUMN_NAME = 'period_rule');
PREPARE add_period_columns FROM @add_period_columns;
EXECUTE add_period_columns;
DEALLOCATE PREPARE add_period_columns;
