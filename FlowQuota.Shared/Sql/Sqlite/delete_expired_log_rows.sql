-- Deletes up to @Limit of the oldest log rows made before @Cutoff. SQLite's DELETE has no LIMIT as it is usually built.
DELETE FROM token_quota_logs
WHERE id IN (SELECT id FROM token_quota_logs WHERE created_at < @Cutoff ORDER BY created_at LIMIT @Limit)
