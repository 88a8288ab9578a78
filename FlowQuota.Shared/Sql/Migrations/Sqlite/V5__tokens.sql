-- The fifth part of FlowQuota's schema for SQLite, see infra/sql/init.sql.

ALTER TABLE access_tokens ADD COLUMN rotation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE access_tokens ADD COLUMN rotated_at TEXT NULL;
ALTER TABLE access_tokens ADD COLUMN previous_secret_hash BLOB NULL CHECK (length(previous_secret_hash) = 32);
ALTER TABLE access_tokens ADD COLUMN previous_valid_until TEXT NULL;
