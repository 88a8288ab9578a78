-- Reads up to @Limit rows of all tokens behind the row @Id of @From, in the order of times, up to and including @End and before @Until.
SELECT /* log columns */
FROM token_quota_logs
WHERE created_at >= @From AND created_at <= @End AND created_at < @Until AND (created_at > @From OR id > @Id)
ORDER BY created_at, id
LIMIT @Limit
