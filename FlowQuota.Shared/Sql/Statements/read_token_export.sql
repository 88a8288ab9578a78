-- Reads up to @Limit rows of token @TokenId behind the position @Epoch, @Seq, in the order of its changes.
SELECT /* log columns */
FROM token_quota_logs
WHERE token = @TokenId AND (epoch > @Epoch OR (epoch = @Epoch AND seq > @Seq))
ORDER BY epoch, seq
LIMIT @Limit
