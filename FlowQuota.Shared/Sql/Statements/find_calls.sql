-- Reads the positions and times of the calls that request @requestId charged to token @tokenId between @from and @until, inclusive.
SELECT epoch, seq, created_at
FROM token_quota_logs
WHERE created_at BETWEEN @from AND @until AND action = 'consume' AND token = @tokenId AND request_id = @requestId
  AND quota_change < 0
