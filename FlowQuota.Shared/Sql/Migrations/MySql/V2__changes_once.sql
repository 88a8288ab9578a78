-- Admin changes are applied once, settings that must be the same everywhere are kept, and log rows state the total.

-- One row for each admin request that changes a token, written in the same transaction as the change of its terms. A
-- repeat under the same key answers what the first request did.
CREATE TABLE IF NOT EXISTS idempotency_keys (
  token       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the public id',
  key_hash    CHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of route and key, first 128 bits in hex',
  fingerprint CHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of what was asked, first 128 bits in hex',
  request_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  epoch       INT         NOT NULL COMMENT 'with seq: the change that access_tokens showed before; the log row of this one is later',
  seq         BIGINT      NOT NULL,
  result      TEXT        NULL     COMMENT 'the token after the change, JSON; NULL = not known to be finished',
  created_at  DATETIME(3) NOT NULL,
  PRIMARY KEY (token, key_hash),
  -- Old keys are removed.
  KEY ix_idempotency_keys_created_at (created_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Settings that all instances must share, as the first instance had them.
CREATE TABLE IF NOT EXISTS shared_settings (
  name       VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value      VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- MySQL has no ADD COLUMN IF NOT EXISTS.
SET @add_total_after = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE token_quota_logs ADD COLUMN total_after INT NULL COMMENT ''calls granted after the change; NULL = as before, or no quota''',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'token_quota_logs' AND COLUMN_NAME = 'total_after');
PREPARE add_total_after FROM @add_total_after;
EXECUTE add_total_after;
DEALLOCATE PREPARE add_total_after;
