-- FlowQuota's schema for MySQL 8.0/8.4 and MariaDB 10.11.
--
--   mysql flowquota < infra/sql/init.sql
--
-- Makes the schema on an empty database, and brings an older one up to date; safe to run again. It is the migrations of
-- FlowQuota.Shared/Sql/Migrations/MySql, one after the other (a test compares them), and is needed only if the app's
-- account may not create tables or DATABASE_MIGRATE is false.
--
-- All times are UTC. Public ids and request ids are ASCII and compared byte by byte.

CREATE TABLE IF NOT EXISTS access_tokens (
  id                        BIGINT       NOT NULL AUTO_INCREMENT,
  ws_id                     VARCHAR(255) NOT NULL,
  email                     VARCHAR(255) NOT NULL,
  access_token              VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the public id; the secret is stored nowhere',
  secret_hash               BINARY(32)   NOT NULL COMMENT 'HMAC-SHA256(pepper, secret)',
  created_at                DATETIME(3)  NOT NULL,
  expires_at                DATETIME(3)  NULL     COMMENT 'NULL = never',
  operation_type            ENUM('add','set','unlimited') NOT NULL,
  is_active                 TINYINT(1)   NOT NULL DEFAULT 1,
  rate_limit_per_minute     INT          NULL     COMMENT 'calls in one window; NULL = no limit',
  rate_limit_burst          INT          NULL     COMMENT 'calls in any one second; NULL = no limit',
  rate_limit_window_seconds INT          NOT NULL DEFAULT 60,
  quota_type                ENUM('time','count','hybrid') NOT NULL DEFAULT 'time',
  total_quota               INT          NULL,
  remaining_quota           INT          NULL,
  quota_synced_at           DATETIME(3)  NULL     COMMENT 'when remaining_quota was written',
  updated_at                DATETIME(3)  NOT NULL COMMENT 'last admin change',
  quota_epoch               INT          NOT NULL DEFAULT 1 COMMENT 'the fence: last epoch handed out',
  synced_epoch              INT          NOT NULL DEFAULT 1 COMMENT 'with synced_seq: the change that remaining_quota shows',
  synced_seq                BIGINT       NOT NULL DEFAULT 1,
  row_version               BIGINT       NOT NULL DEFAULT 1 COMMENT 'goes up with every admin change',
  PRIMARY KEY (id),
  -- Every lookup and every sync is by public id.
  UNIQUE KEY uq_access_tokens_access_token (access_token),
  -- GET /flow/tokens?ws_id=
  KEY ix_access_tokens_ws_id (ws_id),
  -- GET /flow/tokens?email=
  KEY ix_access_tokens_email (email)
  -- No index on quota_synced_at: every sync of every token would move its entry, for a listing that operators make by
  -- hand over a table that holds one small row a token.
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row a change of a quota. Partitioned by day so that retention drops a day in one metadata operation; the app adds
-- the days ahead by splitting the empty catch-all. created_at is the same in every copy of an entry, therefore the
-- unique key makes writing idempotent although a partitioned table must have created_at in it.
CREATE TABLE IF NOT EXISTS token_quota_logs (
  id                      BIGINT       NOT NULL AUTO_INCREMENT,
  token                   VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the public id',
  ws_id                   VARCHAR(255) NOT NULL,
  email                   VARCHAR(255) NOT NULL,
  quota_before            INT          NULL     COMMENT 'NULL for a token without a quota',
  quota_after             INT          NULL     COMMENT 'NULL for a token without a quota',
  quota_change            INT          NOT NULL,
  action                  ENUM('init','consume','refund','recharge') NOT NULL,
  request_id              VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  execution_success       TINYINT(1)   NULL     COMMENT 'NULL = no code, or its outcome never came',
  execution_error_type    VARCHAR(100) NULL,
  execution_error_message VARCHAR(500) NULL,
  created_at              DATETIME(3)  NOT NULL,
  epoch                   INT          NOT NULL,
  seq                     BIGINT       NOT NULL COMMENT '1, 2, 3 ... within (token, epoch); a gap is a missing record',
  PRIMARY KEY (id, created_at),
  -- One change, one row; a token's log, newest first; a token's newest row when its quota is loaded into Redis.
  UNIQUE KEY uq_token_quota_logs_change (token, epoch, seq, created_at),
  -- SELECT * ... ORDER BY created_at DESC LIMIT 10; the day's consume counts (read from the index alone, for
  -- DATE(created_at) = CURDATE() must look at every entry); retention's batched deletes.
  KEY ix_token_quota_logs_created_at (created_at, action, execution_success)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
PARTITION BY RANGE COLUMNS (created_at) (
  PARTITION p_future VALUES LESS THAN (MAXVALUE)
);

-- What could not be written as a log row, with the reason; nothing is dropped silently.
CREATE TABLE IF NOT EXISTS quota_dead_letters (
  id           BIGINT       NOT NULL AUTO_INCREMENT,
  payload      MEDIUMTEXT   NOT NULL COMMENT 'the entry as JSON, or the damaged item as it was found',
  payload_hash BINARY(32)   NOT NULL COMMENT 'SHA-256 of payload',
  reason       VARCHAR(500) NOT NULL,
  created_at   DATETIME(3)  NOT NULL,
  PRIMARY KEY (id),
  -- A drain that died half-way sets the same item aside again.
  UNIQUE KEY uq_quota_dead_letters_payload (payload_hash)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row a cleanup of token_quota_logs: what the stats show, the same on every instance.
CREATE TABLE IF NOT EXISTS quota_cleanup_runs (
  id             BIGINT      NOT NULL AUTO_INCREMENT,
  started_at     DATETIME(3) NOT NULL,
  completed_at   DATETIME(3) NULL COMMENT 'NULL = running, or stopped at its deadline and to be continued',
  retention_days INT         NOT NULL,
  deleted_count  BIGINT      NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

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

-- Reservations: units that are held. Written with the log rows of their changes, so that a load brings open ones back.
CREATE TABLE IF NOT EXISTS quota_reservations (
  token          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the public id',
  reservation_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state          ENUM('open','committed','cancelled','expired') NOT NULL,
  amount         INT         NOT NULL COMMENT 'units that were reserved',
  created_at     DATETIME(3) NOT NULL,
  expires_at     DATETIME(3) NOT NULL,
  ended_at       DATETIME(3) NULL,
  consumed       INT         NOT NULL COMMENT 'units that the commit took',
  released       INT         NOT NULL COMMENT 'units that came back',
  uncovered      INT         NOT NULL COMMENT 'units that were used and could not be taken',
  is_late        TINYINT(1)  NOT NULL COMMENT '1 = committed after it had expired',
  period         INT         NOT NULL COMMENT 'number of the period that pays for it; 0 = the token had no periods',
  period_units   INT         NOT NULL COMMENT 'how many of the units were of that period',
  meter          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the caller''s label; empty = none',
  epoch          INT         NOT NULL COMMENT 'with seq: the last change',
  seq            BIGINT      NOT NULL,
  PRIMARY KEY (token, reservation_id),
  -- The sweep looks for those to end.
  KEY ix_quota_reservations_state (state, expires_at),
  -- Old ones are removed.
  KEY ix_quota_reservations_expires_at (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

SET @add_reserved_quota = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE access_tokens ADD COLUMN reserved_quota INT NOT NULL DEFAULT 0 COMMENT ''units of total_quota that reservations hold''',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens' AND COLUMN_NAME = 'reserved_quota');
PREPARE add_reserved_quota FROM @add_reserved_quota;
EXECUTE add_reserved_quota;
DEALLOCATE PREPARE add_reserved_quota;

-- A token may get a new secret under the same id.

SET @add_rotation = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE access_tokens
     ADD COLUMN rotation INT NOT NULL DEFAULT 0 COMMENT ''how often the token got a new secret'',
     ADD COLUMN rotated_at DATETIME(3) NULL COMMENT ''NULL = never'',
     ADD COLUMN previous_secret_hash BINARY(32) NULL COMMENT ''HMAC-SHA256(pepper, the secret before); NULL = only the present one is good'',
     ADD COLUMN previous_valid_until DATETIME(3) NULL COMMENT ''from then on the secret before is refused''',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens' AND COLUMN_NAME = 'rotation');
PREPARE add_rotation FROM @add_rotation;
EXECUTE add_rotation;
DEALLOCATE PREPARE add_rotation;

-- What admins call a token, and by what they find it.

SET @add_description = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE access_tokens
     ADD COLUMN name VARCHAR(100) NULL COMMENT ''what admins call it'',
     ADD COLUMN tags VARCHAR(1039) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT ''with a space between two; token_tags has them to search by'',
     ADD COLUMN metadata TEXT NULL COMMENT ''a JSON object of the admins, at most 4,096 bytes''',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens' AND COLUMN_NAME = 'metadata');
PREPARE add_description FROM @add_description;
EXECUTE add_description;
DEALLOCATE PREPARE add_description;

CREATE TABLE IF NOT EXISTS token_tags (
  tag       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_row BIGINT      NOT NULL COMMENT 'access_tokens.id',
  -- GET /flow/tokens?tag=, oldest first
  PRIMARY KEY (tag, token_row)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Lists of tokens, each by an index in the order of the list; docs/decisions/0021 has the figures.

SET @add_list_indexes = (
  SELECT IF(COUNT(*) = 0,
    'ALTER TABLE access_tokens
     ADD COLUMN remaining_band INT GENERATED ALWAYS AS
       (CASE WHEN remaining_quota < 100 THEN remaining_quota
       WHEN remaining_quota < 1000 THEN 100 + remaining_quota DIV 10
       WHEN remaining_quota < 10000 THEN 200 + remaining_quota DIV 100
       WHEN remaining_quota < 100000 THEN 300 + remaining_quota DIV 1000
       WHEN remaining_quota < 1000000 THEN 400 + remaining_quota DIV 10000
       WHEN remaining_quota < 10000000 THEN 500 + remaining_quota DIV 100000
       WHEN remaining_quota < 100000000 THEN 600 + remaining_quota DIV 1000000
       WHEN remaining_quota < 1000000000 THEN 700 + remaining_quota DIV 10000000
       ELSE 800 + remaining_quota DIV 100000000 END) VIRTUAL COMMENT ''first two digits, behind the number of those that follow'',
     ADD COLUMN remaining_percent INT GENERATED ALWAYS AS
       (CASE WHEN total_quota > 0 THEN LEAST(remaining_quota * 100 DIV total_quota, 2147483647) WHEN remaining_quota IS NOT NULL THEN 0 END) VIRTUAL,
     -- GET /flow/tokens?name=, sort=name
     ADD KEY ix_access_tokens_name (name),
     -- GET /flow/tokens?expires_before=, sort=expires_at
     ADD KEY ix_access_tokens_expires_at (expires_at),
     -- GET /flow/tokens?remaining_below=, sort=remaining_quota. An index of remaining_quota itself would double the cost of a sync,
     -- because each one moves the entry
     ADD KEY ix_access_tokens_remaining_band (remaining_band),
     -- GET /flow/tokens?remaining_below_percent=, sort=remaining_percent
     ADD KEY ix_access_tokens_remaining_percent (remaining_percent),
     -- GET /flow/tokens?is_active=
     ADD KEY ix_access_tokens_is_active (is_active),
     -- GET /flow/tokens?quota_type=
     ADD KEY ix_access_tokens_quota_type (quota_type)',
    'DO 0')
  FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens' AND COLUMN_NAME = 'remaining_percent');
PREPARE add_list_indexes FROM @add_list_indexes;
EXECUTE add_list_indexes;
DEALLOCATE PREPARE add_list_indexes;

-- Usage: the log rows of each quarter of an hour, added up. Rolled up from the rows by a timer and kept longer than they are.
CREATE TABLE IF NOT EXISTS usage_hourly (
  starts_at    DATETIME     NOT NULL COMMENT 'start of a quarter of an hour; four make an hour, in any time zone',
  token        VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the public id',
  meter        VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the callers'' label; empty = none',
  action       ENUM('init','consume','refund','recharge','refill','expire','reserve','release') NOT NULL,
  ws_id        VARCHAR(255) NOT NULL COMMENT 'the owner at the time of the rows',
  changes      BIGINT       NOT NULL COMMENT 'how many rows',
  quota_change BIGINT       NOT NULL COMMENT 'the sum of their quota_change',
  failed       BIGINT       NOT NULL COMMENT 'how many have execution_success 0',
  PRIMARY KEY (starts_at, token, meter, action, ws_id),
  -- Usage of one token.
  KEY ix_usage_hourly_token (token, starts_at),
  -- Usage of one workspace, which may have thousands of tokens: it is read from the index alone.
  KEY ix_usage_hourly_ws_id (ws_id, starts_at, changes, quota_change, failed)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The same over all tokens, so that a report of the whole does not read every token.
CREATE TABLE IF NOT EXISTS usage_totals (
  starts_at    DATETIME    NOT NULL,
  meter        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  action       ENUM('init','consume','refund','recharge','refill','expire','reserve','release') NOT NULL,
  changes      BIGINT      NOT NULL,
  quota_change BIGINT      NOT NULL,
  failed       BIGINT      NOT NULL,
  PRIMARY KEY (starts_at, meter, action)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Calls that were refused, which leave no log row: counted in Redis by token and quarter of an hour, and written while they grow.
CREATE TABLE IF NOT EXISTS usage_refusals (
  starts_at     DATETIME     NOT NULL,
  token         VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the public id',
  ws_id         VARCHAR(255) NOT NULL COMMENT 'the owner when they were first written',
  refused_quota BIGINT       NOT NULL,
  refused_rate  BIGINT       NOT NULL,
  PRIMARY KEY (starts_at, token),
  -- Usage of one token.
  KEY ix_usage_refusals_token (token, starts_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Quarters of an hour that are to be counted again.
CREATE TABLE IF NOT EXISTS usage_stale (
  starts_at DATETIME NOT NULL,
  PRIMARY KEY (starts_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- How far the roll-up is: one row.
CREATE TABLE IF NOT EXISTS usage_state (
  id             INT         NOT NULL,
  complete_until DATETIME(3) NULL     COMMENT 'every log row made before it is counted; NULL = nothing is yet',
  scanned_id     BIGINT      NOT NULL COMMENT 'log rows up to this id were looked at for late ones',
  seen_id        BIGINT      NOT NULL COMMENT 'the newest log row of the last run; some before it may not have been committed then',
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO usage_state (id, complete_until, scanned_id, seen_id) VALUES (1, NULL, 0, 0);
