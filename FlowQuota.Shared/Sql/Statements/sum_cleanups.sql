-- Returns how many cleanup runs are not completed, and how many rows all runs have deleted: one row.
SELECT COUNT(*) - COUNT(completed_at) AS Unfinished, COALESCE(SUM(deleted_count), 0) AS Deleted
FROM quota_cleanup_runs
