-- Reads the quarters of an hour of the log rows behind @After up to @Last, and of those made at @Open or later.
SELECT DISTINCT substr(created_at, 1, 14) || printf('%02d:00.000', CAST(substr(created_at, 15, 2) AS INTEGER) / 15 * 15) FROM token_quota_logs WHERE id > @After AND id <= @Last
UNION
SELECT DISTINCT substr(created_at, 1, 14) || printf('%02d:00.000', CAST(substr(created_at, 15, 2) AS INTEGER) / 15 * 15) FROM token_quota_logs WHERE created_at >= @Open
