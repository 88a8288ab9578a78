-- Returns 1 if cleanup run @RunId has ended, otherwise 0.
SELECT COUNT(*) FROM quota_cleanup_runs WHERE id = @RunId AND completed_at IS NOT NULL
