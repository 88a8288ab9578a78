-- Reads the log rows of request @RequestId among the newest @Limit rows of token @TokenId that were made at @From or later.
SELECT /* log columns */
FROM (
  SELECT *
  FROM token_quota_logs
  WHERE token = @TokenId AND created_at >= @From
  ORDER BY epoch DESC, seq DESC
  LIMIT @Limit
) AS newest
WHERE request_id = @RequestId
ORDER BY epoch, seq
