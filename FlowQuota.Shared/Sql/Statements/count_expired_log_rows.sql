-- Counts the log rows made before @Cutoff, up to @Limit.
SELECT COUNT(*) FROM (SELECT 1 FROM token_quota_logs WHERE created_at < @Cutoff LIMIT @Limit) AS expired
