-- Counts the columns secret_hash of access_tokens: 1 = the table is ours, 0 = another system's, NULL = there is no table.
SELECT SUM(COLUMN_NAME = 'secret_hash') FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'access_tokens'
