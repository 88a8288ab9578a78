-- Deletes up to @Limit of the oldest log rows made before @Cutoff.
DELETE FROM token_quota_logs WHERE created_at < @Cutoff ORDER BY created_at LIMIT @Limit
