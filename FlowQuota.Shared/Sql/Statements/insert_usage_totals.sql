-- Inserts usage over all tokens.
INSERT INTO usage_totals (starts_at, meter, action, changes, quota_change, failed)
VALUES
/* rows */
