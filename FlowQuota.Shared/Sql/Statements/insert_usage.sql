-- Inserts usage by token.
INSERT INTO usage_hourly (starts_at, token, meter, action, ws_id, changes, quota_change, failed)
VALUES
/* rows */
