-- Counts the tokens of all pages of search_tokens.sql, under the same conditions.
SELECT COUNT(*) FROM access_tokens
/* where */
