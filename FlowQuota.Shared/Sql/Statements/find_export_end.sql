-- Reads the time of row number @Offset + 1 behind the row @Id of @From, in the order of times, before @Until: no row if there are fewer. It
-- bounds what is to be sorted, because no index has the order of times and ids.
SELECT created_at
FROM token_quota_logs
WHERE created_at >= @From AND created_at < @Until AND (created_at > @From OR id > @Id)
ORDER BY created_at
LIMIT 1 OFFSET @Offset
