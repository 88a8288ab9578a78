-- Reads the id of the newest cleanup run that is not completed; NULL if there is none.
SELECT MAX(id) FROM quota_cleanup_runs WHERE completed_at IS NULL
