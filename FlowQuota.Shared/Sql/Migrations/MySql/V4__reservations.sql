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
