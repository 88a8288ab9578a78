-- Reads for how many days retention has kept rows, and when it last removed what was older; one that is not completed may do so until @now.
SELECT retention_days, MAX(COALESCE(completed_at, @now)) FROM quota_cleanup_runs GROUP BY retention_days
