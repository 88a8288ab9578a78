-- Ends, at @now, all cleanup runs that have not ended.
UPDATE quota_cleanup_runs SET completed_at = @now WHERE completed_at IS NULL
