-- FlowQuota's schema for SQLite: the tables of infra/sql/init.sql, see there for what each column and index is for.
-- Times are UTC text, yyyy-MM-dd HH:mm:ss.fff, so that they sort. The checks refuse what MySQL's types refuse.

CREATE TABLE IF NOT EXISTS access_tokens (
  id                        INTEGER PRIMARY KEY AUTOINCREMENT,
  ws_id                     TEXT    NOT NULL CHECK (length(ws_id) <= 255),
  email                     TEXT    NOT NULL CHECK (length(email) <= 255),
  access_token              TEXT    NOT NULL UNIQUE CHECK (length(access_token) <= 64),
  secret_hash               BLOB    NOT NULL CHECK (length(secret_hash) = 32),
  created_at                TEXT    NOT NULL,
  expires_at                TEXT    NULL,
  operation_type            TEXT    NOT NULL CHECK (operation_type IN ('add', 'set', 'unlimited')),
  is_active                 INTEGER NOT NULL DEFAULT 1,
  rate_limit_per_minute     INTEGER NULL,
  rate_limit_burst          INTEGER NULL,
  rate_limit_window_seconds INTEGER NOT NULL DEFAULT 60,
  quota_type                TEXT    NOT NULL DEFAULT 'time' CHECK (quota_type IN ('time', 'count', 'hybrid')),
  total_quota               INTEGER NULL,
  remaining_quota           INTEGER NULL,
  quota_synced_at           TEXT    NULL,
  updated_at                TEXT    NOT NULL,
  quota_epoch               INTEGER NOT NULL DEFAULT 1,
  synced_epoch              INTEGER NOT NULL DEFAULT 1,
  synced_seq                INTEGER NOT NULL DEFAULT 1,
  row_version               INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE INDEX IF NOT EXISTS ix_access_tokens_ws_id ON access_tokens (ws_id);
CREATE INDEX IF NOT EXISTS ix_access_tokens_email ON access_tokens (email);

CREATE TABLE IF NOT EXISTS token_quota_logs (
  id                      INTEGER PRIMARY KEY AUTOINCREMENT,
  token                   TEXT    NOT NULL CHECK (length(token) <= 64 AND token NOT GLOB '*[^ -~]*'),
  ws_id                   TEXT    NOT NULL CHECK (length(ws_id) <= 255),
  email                   TEXT    NOT NULL CHECK (length(email) <= 255),
  quota_before            INTEGER NULL,
  quota_after             INTEGER NULL,
  quota_change            INTEGER NOT NULL,
  action                  TEXT    NOT NULL CHECK (action IN ('init', 'consume', 'refund', 'recharge')),
  request_id              TEXT    NOT NULL CHECK (length(request_id) <= 64 AND request_id NOT GLOB '*[^ -~]*'),
  execution_success       INTEGER NULL,
  execution_error_type    TEXT    NULL CHECK (length(execution_error_type) <= 100),
  execution_error_message TEXT    NULL CHECK (length(execution_error_message) <= 500),
  created_at              TEXT    NOT NULL,
  epoch                   INTEGER NOT NULL,
  seq                     INTEGER NOT NULL,
  UNIQUE (token, epoch, seq)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_token_quota_logs_created_at ON token_quota_logs (created_at, action, execution_success);

CREATE TABLE IF NOT EXISTS quota_dead_letters (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  payload      TEXT NOT NULL,
  payload_hash BLOB NOT NULL UNIQUE,
  reason       TEXT NOT NULL CHECK (length(reason) <= 500),
  created_at   TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS quota_cleanup_runs (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at     TEXT    NOT NULL,
  completed_at   TEXT    NULL,
  retention_days INTEGER NOT NULL,
  deleted_count  INTEGER NOT NULL DEFAULT 0
) STRICT;
