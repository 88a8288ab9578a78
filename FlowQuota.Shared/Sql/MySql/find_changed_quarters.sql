-- Reads the quarters of an hour of the log rows behind @After up to @Last, and of those made at @Open or later.
SELECT DISTINCT TIMESTAMP(DATE(created_at), MAKETIME(HOUR(created_at), MINUTE(created_at) DIV 15 * 15, 0)) FROM token_quota_logs WHERE id > @After AND id <= @Last
UNION
SELECT DISTINCT TIMESTAMP(DATE(created_at), MAKETIME(HOUR(created_at), MINUTE(created_at) DIV 15 * 15, 0)) FROM token_quota_logs WHERE created_at >= @Open
