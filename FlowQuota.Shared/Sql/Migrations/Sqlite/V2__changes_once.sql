-- The second part of FlowQuota's schema for SQLite, see infra/sql/init.sql.

CREATE TABLE IF NOT EXISTS idempotency_keys (
  token       TEXT    NOT NULL CHECK (length(token) <= 64),
  key_hash    TEXT    NOT NULL CHECK (length(key_hash) = 32),
  fingerprint TEXT    NOT NULL CHECK (length(fingerprint) = 32),
  request_id  TEXT    NOT NULL CHECK (length(request_id) <= 64),
  epoch       INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  result      TEXT    NULL,
  created_at  TEXT    NOT NULL,
  PRIMARY KEY (token, key_hash)
) STRICT;

CREATE INDEX IF NOT EXISTS ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE IF NOT EXISTS shared_settings (
  name       TEXT NOT NULL PRIMARY KEY CHECK (length(name) <= 64),
  value      TEXT NOT NULL CHECK (length(value) <= 255),
  created_at TEXT NOT NULL
) STRICT;

ALTER TABLE token_quota_logs ADD COLUMN total_after INTEGER NULL;
