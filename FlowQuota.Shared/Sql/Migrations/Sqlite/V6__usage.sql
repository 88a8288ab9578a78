-- The sixth part of FlowQuota's schema for SQLite, see infra/sql/init.sql.

CREATE TABLE IF NOT EXISTS usage_hourly (
  starts_at    TEXT    NOT NULL,
  token        TEXT    NOT NULL CHECK (length(token) <= 64),
  meter        TEXT    NOT NULL CHECK (length(meter) <= 64),
  action       TEXT    NOT NULL,
  ws_id        TEXT    NOT NULL CHECK (length(ws_id) <= 255),
  changes      INTEGER NOT NULL,
  quota_change INTEGER NOT NULL,
  failed       INTEGER NOT NULL,
  PRIMARY KEY (starts_at, token, meter, action, ws_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS ix_usage_hourly_token ON usage_hourly (token, starts_at);
CREATE INDEX IF NOT EXISTS ix_usage_hourly_ws_id ON usage_hourly (ws_id, starts_at, changes, quota_change, failed);

CREATE TABLE IF NOT EXISTS usage_totals (
  starts_at    TEXT    NOT NULL,
  meter        TEXT    NOT NULL CHECK (length(meter) <= 64),
  action       TEXT    NOT NULL,
  changes      INTEGER NOT NULL,
  quota_change INTEGER NOT NULL,
  failed       INTEGER NOT NULL,
  PRIMARY KEY (starts_at, meter, action)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS usage_refusals (
  starts_at     TEXT    NOT NULL,
  token         TEXT    NOT NULL CHECK (length(token) <= 64),
  ws_id         TEXT    NOT NULL CHECK (length(ws_id) <= 255),
  refused_quota INTEGER NOT NULL,
  refused_rate  INTEGER NOT NULL,
  PRIMARY KEY (starts_at, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS ix_usage_refusals_token ON usage_refusals (token, starts_at);

CREATE TABLE IF NOT EXISTS usage_stale (
  starts_at TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS usage_state (
  id             INTEGER NOT NULL PRIMARY KEY,
  complete_until TEXT    NULL,
  scanned_id     INTEGER NOT NULL,
  seen_id        INTEGER NOT NULL
) STRICT;

INSERT OR IGNORE INTO usage_state (id, complete_until, scanned_id, seen_id) VALUES (1, NULL, 0, 0);
