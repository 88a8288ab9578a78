-- Counts the rows of all pages of read_log_page.sql, under the same conditions.
SELECT COUNT(*) FROM token_quota_logs
/* where */
