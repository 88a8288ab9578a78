-- Reads the time of row number @Limit of token @TokenId, newest first, of those made at @From or later: no row if there are fewer.
SELECT created_at
FROM token_quota_logs
WHERE token = @TokenId AND created_at >= @From
ORDER BY epoch DESC, seq DESC
LIMIT 1 OFFSET @Offset
