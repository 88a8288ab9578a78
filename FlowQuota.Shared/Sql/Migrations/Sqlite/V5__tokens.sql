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
