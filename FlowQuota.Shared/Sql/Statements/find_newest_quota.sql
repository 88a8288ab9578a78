-- Reads the position and the quota of the newest change of token @tokenId: no row or one.
SELECT epoch, seq, quota_after
FROM token_quota_logs
WHERE token = @tokenId
ORDER BY epoch DESC, seq DESC
LIMIT 1
