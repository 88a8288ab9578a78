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
