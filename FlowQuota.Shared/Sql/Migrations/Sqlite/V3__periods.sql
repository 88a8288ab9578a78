-- The third part of FlowQuota's schema for SQLite, see infra/sql/init.sql.
--
-- SQLite cannot alter a CHECK. Its documented way to do so without copying the table is to edit the stored statement
-- (https://www.sqlite.org/lang_altertable.html); the last ALTER TABLE makes every connection read the schema again.

ALTER TABLE token_quota_logs ADD COLUMN effective_at TEXT NULL;
ALTER TABLE token_quota_logs ADD COLUMN period INTEGER NULL;
ALTER TABLE token_quota_logs ADD COLUMN period_state TEXT NULL CHECK (length(period_state) <= 96);
ALTER TABLE token_quota_logs ADD COLUMN reservation_id TEXT NULL CHECK (length(reservation_id) <= 64);
ALTER TABLE token_quota_logs ADD COLUMN idempotency_key TEXT NULL CHECK (length(idempotency_key) <= 128);
ALTER TABLE token_quota_logs ADD COLUMN meter TEXT NULL CHECK (length(meter) <= 64);
ALTER TABLE token_quota_logs ADD COLUMN actor TEXT NULL CHECK (length(actor) <= 64);

PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''init'', ''consume'', ''refund'', ''recharge''',
  '''init'', ''consume'', ''refund'', ''recharge'', ''refill'', ''expire'', ''reserve'', ''release''')
WHERE type = 'table' AND name = 'token_quota_logs';
PRAGMA writable_schema = RESET;

ALTER TABLE access_tokens ADD COLUMN period_rule TEXT NULL CHECK (length(period_rule) <= 128);
ALTER TABLE access_tokens ADD COLUMN period_state TEXT NULL CHECK (length(period_state) <= 96);
