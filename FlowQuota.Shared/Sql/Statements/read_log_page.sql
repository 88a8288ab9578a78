-- Reads a page of log rows, newest first: up to @Limit after the first @Offset. The conditions that are asked for
-- (@TokenId, @From, @Until, @Action) stand in for the marker.
SELECT /* log columns */
FROM token_quota_logs
/* where */
ORDER BY epoch DESC, seq DESC
LIMIT @Limit OFFSET @Offset
