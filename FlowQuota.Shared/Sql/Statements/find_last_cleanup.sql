-- Reads the newest completed cleanup run: no row or one.
SELECT started_at AS StartedAt, deleted_count AS DeletedCount
FROM quota_cleanup_runs
WHERE completed_at IS NOT NULL
ORDER BY id DESC
LIMIT 1
