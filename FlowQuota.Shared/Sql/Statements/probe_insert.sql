-- Inserts no row. Fails if the account or the server refuses an INSERT.
INSERT INTO quota_cleanup_runs (started_at, retention_days) SELECT started_at, retention_days FROM quota_cleanup_runs WHERE 1 = 0
