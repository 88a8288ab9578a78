-- Counts the columns secret_hash of access_tokens: 1 = the table is ours, 0 = another system's, NULL = there is no table.
SELECT SUM(name = 'secret_hash') FROM pragma_table_info('access_tokens')
