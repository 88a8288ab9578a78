-- FlowQuota's schema for MySQL 8.0/8.4 and MariaDB 10.11.
--
--   mysql flowquota < infra/sql/init.sql
--
-- Safe to run again. The app runs this same file as its first migration, so running it by hand is needed only where
-- the app's account may not create tables. A released version of this file is never edited: changes are new migrations.
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
