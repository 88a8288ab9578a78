-- Reads the last admin change that request @requestId made to token @tokenId behind the position @Epoch, @Seq: no row or
-- one. A request may make two: the amount of the periods, then the operation on the quota. The time is not compared: rows
-- have times of Redis' clock, which may have been set since.
SELECT /* log columns */
FROM token_quota_logs
WHERE token = @tokenId AND (epoch > @Epoch OR (epoch = @Epoch AND seq > @Seq))
  AND request_id = @requestId AND action IN ('init', 'recharge')
ORDER BY epoch DESC, seq DESC
LIMIT 1
