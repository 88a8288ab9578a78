-- Adds @deleted rows to the count of cleanup run @RunId.
UPDATE quota_cleanup_runs SET deleted_count = deleted_count + @deleted WHERE id = @RunId
