-- The fourth part of FlowQuota's schema for SQLite, see infra/sql/init.sql.

CREATE TABLE IF NOT EXISTS quota_reservations (
  token          TEXT    NOT NULL CHECK (length(token) <= 64),
  reservation_id TEXT    NOT NULL CHECK (length(reservation_id) <= 64),
  state          TEXT    NOT NULL CHECK (state IN ('open', 'committed', 'cancelled', 'expired')),
  amount         INTEGER NOT NULL,
  created_at     TEXT    NOT NULL,
  expires_at     TEXT    NOT NULL,
  ended_at       TEXT    NULL,
  consumed       INTEGER NOT NULL,
  released       INTEGER NOT NULL,
  uncovered      INTEGER NOT NULL,
  is_late        INTEGER NOT NULL,
  period         INTEGER NOT NULL,
  period_units   INTEGER NOT NULL,
  meter          TEXT    NOT NULL CHECK (length(meter) <= 64),
  epoch          INTEGER NOT NULL,
  seq            INTEGER NOT NULL,
  PRIMARY KEY (token, reservation_id)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_quota_reservations_state ON quota_reservations (state, expires_at);
CREATE INDEX IF NOT EXISTS ix_quota_reservations_expires_at ON quota_reservations (expires_at);

ALTER TABLE access_tokens ADD COLUMN reserved_quota INTEGER NOT NULL DEFAULT 0;
