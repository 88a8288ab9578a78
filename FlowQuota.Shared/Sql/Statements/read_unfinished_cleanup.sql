-- Reads the newest cleanup run that is not completed: no row or one.
SELECT started_at AS StartedAt, deleted_count AS DeletedCount
FROM quota_cleanup_runs
WHERE completed_at IS NULL
ORDER BY id DESC
LIMIT 1
