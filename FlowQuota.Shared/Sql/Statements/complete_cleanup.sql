-- Completes, at @now, all cleanup runs that are not completed.
UPDATE quota_cleanup_runs SET completed_at = @now WHERE completed_at IS NULL
