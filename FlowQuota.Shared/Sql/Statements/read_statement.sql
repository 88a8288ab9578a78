-- Adds up the log rows of token @TokenId made from @From to before @Until: one row. One statement, so that all of it is of one moment. Rows of
-- epoch 0 were imported and are no part of the ledger.
WITH own AS (
  SELECT epoch, seq, action, quota_change, COALESCE(quota_before, 0) AS quota_before, COALESCE(quota_after, 0) AS quota_after,
         LAG(COALESCE(quota_after, 0)) OVER (ORDER BY epoch, seq) AS last_after,
         LAG(epoch) OVER (ORDER BY epoch, seq) AS last_epoch, LAG(seq) OVER (ORDER BY epoch, seq) AS last_seq
  FROM token_quota_logs
  WHERE token = @TokenId AND created_at >= @From AND created_at < @Until AND epoch > 0
)
SELECT
    (SELECT COALESCE(quota_after, 0) FROM token_quota_logs
     WHERE token = @TokenId AND created_at < @From AND epoch > 0 ORDER BY epoch DESC, seq DESC LIMIT 1) AS EndedBefore,
    (SELECT quota_before FROM own ORDER BY epoch, seq LIMIT 1) AS Opening,
    (SELECT quota_after FROM own ORDER BY epoch DESC, seq DESC LIMIT 1) AS Closing,
    COALESCE(SUM(CASE WHEN epoch = 1 AND seq = 1 THEN 1 ELSE 0 END), 0) AS Firsts,
    COALESCE(SUM(CASE WHEN quota_before <> last_after OR (epoch = last_epoch AND seq <> last_seq + 1) THEN 1 ELSE 0 END), 0) AS Breaks,
    COALESCE(SUM(CASE WHEN action IN ('init', 'recharge') THEN quota_change ELSE 0 END), 0) AS Granted,
    COALESCE(SUM(CASE WHEN action = 'refill' THEN quota_change ELSE 0 END), 0) AS Refilled,
    COALESCE(-SUM(CASE WHEN action = 'consume' THEN quota_change ELSE 0 END), 0) AS Used,
    COALESCE(SUM(CASE WHEN action = 'refund' THEN quota_change ELSE 0 END), 0) AS Refunded,
    COALESCE(-SUM(CASE WHEN action = 'expire' THEN quota_change ELSE 0 END), 0) AS Expired,
    COALESCE(-SUM(CASE WHEN action IN ('reserve', 'release') THEN quota_change ELSE 0 END), 0) AS Held
FROM own
