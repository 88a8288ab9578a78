-- Returns how many rows all cleanup runs have deleted.
SELECT COALESCE(SUM(deleted_count), 0) FROM quota_cleanup_runs
