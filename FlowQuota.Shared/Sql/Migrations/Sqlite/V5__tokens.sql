-- The fifth part of FlowQuota's schema for SQLite, see infra/sql/init.sql.

ALTER TABLE access_tokens ADD COLUMN rotation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE access_tokens ADD COLUMN rotated_at TEXT NULL;
ALTER TABLE access_tokens ADD COLUMN previous_secret_hash BLOB NULL CHECK (length(previous_secret_hash) = 32);
ALTER TABLE access_tokens ADD COLUMN previous_valid_until TEXT NULL;

ALTER TABLE access_tokens ADD COLUMN name TEXT NULL CHECK (length(name) <= 100);
ALTER TABLE access_tokens ADD COLUMN tags TEXT NULL CHECK (length(tags) <= 1039);
ALTER TABLE access_tokens ADD COLUMN metadata TEXT NULL;

CREATE TABLE IF NOT EXISTS token_tags (
  tag       TEXT    NOT NULL CHECK (length(tag) <= 64),
  token_row INTEGER NOT NULL,
  PRIMARY KEY (tag, token_row)
) STRICT, WITHOUT ROWID;

ALTER TABLE access_tokens ADD COLUMN remaining_band INTEGER NULL GENERATED ALWAYS AS
  (CASE WHEN remaining_quota < 100 THEN remaining_quota
   WHEN remaining_quota < 1000 THEN 100 + remaining_quota / 10
   WHEN remaining_quota < 10000 THEN 200 + remaining_quota / 100
   WHEN remaining_quota < 100000 THEN 300 + remaining_quota / 1000
   WHEN remaining_quota < 1000000 THEN 400 + remaining_quota / 10000
   WHEN remaining_quota < 10000000 THEN 500 + remaining_quota / 100000
   WHEN remaining_quota < 100000000 THEN 600 + remaining_quota / 1000000
   WHEN remaining_quota < 1000000000 THEN 700 + remaining_quota / 10000000
   ELSE 800 + remaining_quota / 100000000 END) VIRTUAL;
ALTER TABLE access_tokens ADD COLUMN remaining_percent INTEGER NULL GENERATED ALWAYS AS
  (CASE WHEN total_quota > 0 THEN MIN(remaining_quota * 100 / total_quota, 2147483647) WHEN remaining_quota IS NOT NULL THEN 0 END) VIRTUAL;

CREATE INDEX IF NOT EXISTS ix_access_tokens_name ON access_tokens (name);
CREATE INDEX IF NOT EXISTS ix_access_tokens_expires_at ON access_tokens (expires_at);
CREATE INDEX IF NOT EXISTS ix_access_tokens_remaining_band ON access_tokens (remaining_band);
CREATE INDEX IF NOT EXISTS ix_access_tokens_remaining_percent ON access_tokens (remaining_percent);
CREATE INDEX IF NOT EXISTS ix_access_tokens_is_active ON access_tokens (is_active);
CREATE INDEX IF NOT EXISTS ix_access_tokens_quota_type ON access_tokens (quota_type);
