-- Starts a cleanup run at @now for @retentionDays.
INSERT INTO quota_cleanup_runs (started_at, retention_days) VALUES (@now, @retentionDays)
