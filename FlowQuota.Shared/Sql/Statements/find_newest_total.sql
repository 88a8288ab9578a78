-- Reads the total and the period after the newest admin change of token @tokenId behind the position @SyncedEpoch, @SyncedSeq: no row
-- or one. Only the rows of grants state them.
SELECT total_after, period_state
FROM token_quota_logs
WHERE token = @tokenId AND (epoch > @SyncedEpoch OR (epoch = @SyncedEpoch AND seq > @SyncedSeq)) AND total_after IS NOT NULL
ORDER BY epoch DESC, seq DESC
LIMIT 1
