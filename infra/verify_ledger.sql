-- Does the ledger of each token balance? Lists one row per problem; no row means that they do.
--
--   mysql flowquota < infra/verify_ledger.sql
--
-- For MySQL 8.0/8.4 and MariaDB 10.11. GET /flow/quota/verify runs this same text (on SQLite too) and besides compares
-- Redis. Run it by hand when nothing waits (GET /flow/cache-write-pool/stats), or twice some seconds apart: the two
-- tables are written one after the other, so a change that is on its way looks like a problem until it arrives.
-- To check some tokens only: SET @first_token = 'flow_...', @last_token = 'flow_...'; before it, both inclusive.
--
--   gap           rows are missing before this one
--   chain         it does not begin with the balance at which the row before it ended (NULL counts as 0)
--   sum           quota_after is not quota_before + quota_change
--   duplicate     two rows of one position
--   missing_last  access_tokens shows a change that has no row
--   unsynced      access_tokens does not show the newest row yet
--   remaining     remaining_quota differs from the row that access_tokens names as its last
--   total         a grant is not the previous grant plus the change, or total_quota is not the last grant
--   action        a consume, expire or reserve that gives calls, a refund, refill or release that takes some, or a first
--                 row that is no init
--   period        a refill is not of a later period and boundary than the one before it, an expire that is no period's end
--                 does not take back what came just before it, or access_tokens shows another period than the last grant
--   key           a consume carries the idempotency key of an earlier one that was not given back: the call was charged twice
--   range         a figure is negative, more is left than was granted, or a row has an epoch that was never given
--   dead_letter   an event is in quota_dead_letters; delete its row there by hand once it is dealt with
--
-- Retention removes the oldest rows first. So a first row that is not number 1 is a gap only if an older row was
-- kept: one of an earlier epoch of the token, or one of another token made before this one was created.
-- Rows under epoch 0 were imported from another system and are no part of the chain, which begins at (1, 1) with the
-- remaining calls at the import (docs/decisions/0011).
-- POST /flow/quota/verify/mend writes a row that explains all before it; problems that are explained are not listed.
WITH records AS (
  SELECT token, epoch, seq, quota_before, quota_after, quota_change, action, total_after, created_at, period, effective_at, period_state,
         request_id, idempotency_key,
         CASE WHEN action <> 'consume' AND execution_error_type = 'LedgerMended' THEN 1 ELSE 0 END AS is_mend
  FROM token_quota_logs
  WHERE token >= COALESCE(@first_token, '') AND token <= COALESCE(@last_token, '~') AND epoch > 0
),
synced_records AS (
  SELECT records.*,
         -- access_tokens is written for every change but the calls of a time token, which change no quota; and every
         -- token is created at (1, 1).
         CASE WHEN quota_before IS NULL AND quota_after IS NULL AND is_mend = 0 AND NOT (epoch = 1 AND seq = 1) THEN 0 ELSE 1 END AS is_synced
  FROM records
),
entries AS (
  SELECT token, epoch, seq, quota_change, action, total_after, created_at, is_mend, is_synced, quota_after, period_state,
         LAG(action) OVER chain AS last_action, LAG(quota_change) OVER chain AS last_change,
         COALESCE(quota_before, 0) AS quota_before,
         LAG(epoch) OVER chain AS last_epoch,
         LAG(seq) OVER chain AS last_seq,
         LAG(COALESCE(quota_after, 0)) OVER chain AS last_after,
         ROW_NUMBER() OVER (PARTITION BY token, is_synced ORDER BY epoch DESC, seq DESC, created_at DESC) AS age
  FROM synced_records
  WINDOW chain AS (PARTITION BY token ORDER BY epoch, seq, created_at)
),
tokens AS (
  SELECT access_token AS token, total_quota, remaining_quota, quota_epoch, synced_epoch, synced_seq, period_state,
         CASE WHEN NOT EXISTS (SELECT 1 FROM quota_cleanup_runs)
                OR created_at > (SELECT MIN(created_at) FROM token_quota_logs) THEN 1 ELSE 0 END AS keeps_all
  FROM access_tokens
  WHERE access_token >= COALESCE(@first_token, '') AND access_token <= COALESCE(@last_token, '~')
),
mends AS (
  SELECT token, epoch, seq, created_at FROM entries WHERE is_mend = 1
),
-- The total after each change that can change it. Rows of old versions do not state it: NULL = unknown. An expire that states
-- none takes back what came back to a period that is over, and grants nothing.
granted AS (
  SELECT token, epoch, seq, quota_change, action, total_after, COALESCE(quota_after, 0) AS quota_after, period_state,
         CASE WHEN quota_after IS NULL THEN COALESCE(total_after, 0) ELSE total_after END AS total
  FROM records
  WHERE action IN ('init', 'recharge', 'refill') OR (action = 'expire' AND total_after IS NOT NULL)
),
refills AS (
  SELECT token, epoch, seq, period, effective_at,
         LAG(period) OVER chain AS last_period, LAG(effective_at) OVER chain AS last_effective_at
  FROM records
  WHERE action = 'refill'
  WINDOW chain AS (PARTITION BY token ORDER BY epoch, seq)
),
keyed AS (
  SELECT token, epoch, seq, LAG(epoch) OVER under_key AS last_epoch, LAG(seq) OVER under_key AS last_seq, LAG(request_id) OVER under_key AS last_request
  FROM records
  WHERE action = 'consume' AND quota_change < 0 AND idempotency_key IS NOT NULL
  WINDOW under_key AS (PARTITION BY token, idempotency_key ORDER BY epoch, seq)
),
grants AS (
  SELECT granted.*, LAG(total) OVER chain AS last_total, LAG(total_after) OVER chain AS last_total_after
  FROM granted
  WINDOW chain AS (PARTITION BY token ORDER BY epoch, seq)
),
shown_grants AS (
  SELECT t.token, t.synced_epoch, t.synced_seq, t.total_quota, g.total, t.period_state, g.period_state AS granted_period, g.total_after,
         ROW_NUMBER() OVER (PARTITION BY t.token ORDER BY g.epoch DESC, g.seq DESC) AS age
  FROM tokens AS t
  JOIN grants AS g ON g.token = t.token AND (g.epoch, g.seq) <= (t.synced_epoch, t.synced_seq)
),
of_entries AS (
  SELECT token, epoch, seq, 'gap' AS problem,
         CONCAT('the record before it is (', last_epoch, ', ', last_seq, ')') AS detail
  FROM entries
  WHERE (epoch = last_epoch AND seq > last_seq + 1) OR (epoch > last_epoch AND seq > 1)
  UNION ALL
  SELECT e.token, e.epoch, e.seq, 'gap', 'it is the first record, but the token is younger than what retention removes'
  FROM entries AS e
  LEFT JOIN tokens AS t ON t.token = e.token
  WHERE e.last_epoch IS NULL AND NOT (e.epoch = 1 AND e.seq = 1)
    AND COALESCE(t.keeps_all, CASE WHEN EXISTS (SELECT 1 FROM quota_cleanup_runs) THEN 0 ELSE 1 END) = 1
  UNION ALL
  SELECT token, epoch, seq, 'chain', CONCAT('it begins at ', quota_before, ', the record before it ended at ', last_after)
  FROM entries
  WHERE quota_before <> last_after AND NOT (epoch = last_epoch AND seq = last_seq)
  UNION ALL
  SELECT token, epoch, seq, 'sum', CONCAT(quota_before, ' and ', quota_change, ' are not ', COALESCE(quota_after, 0))
  FROM entries
  WHERE COALESCE(quota_after, 0) <> quota_before + quota_change
  UNION ALL
  SELECT token, epoch, seq, 'duplicate', 'another record has the same position'
  FROM entries
  WHERE epoch = last_epoch AND seq = last_seq
  UNION ALL
  SELECT k.token, k.epoch, k.seq, 'key', CONCAT('the record (', k.last_epoch, ', ', k.last_seq, ') was charged under the same key')
  FROM keyed AS k
  WHERE k.last_epoch IS NOT NULL AND NOT (k.epoch = k.last_epoch AND k.seq = k.last_seq)
    AND NOT EXISTS (
      SELECT 1 FROM records AS r
      WHERE r.token = k.token AND r.action = 'refund' AND r.request_id = k.last_request
        AND (r.epoch, r.seq) > (k.last_epoch, k.last_seq) AND (r.epoch, r.seq) < (k.epoch, k.seq))
  UNION ALL
  SELECT token, epoch, seq, 'range', CONCAT('quota_after is ', quota_after)
  FROM entries
  WHERE quota_after < 0
  UNION ALL
  SELECT token, epoch, seq, 'action', CONCAT('a ', action, ' of ', quota_change)
  FROM entries
  WHERE (action IN ('consume', 'expire', 'reserve') AND quota_change > 0) OR (action IN ('refund', 'refill', 'release') AND quota_change < 0)
     OR (epoch = 1 AND seq = 1 AND action <> 'init')
  UNION ALL
  SELECT token, epoch, seq, 'total', CONCAT('a ', action, ' grants nothing, and says that ', total_after, ' are granted')
  FROM entries
  WHERE action IN ('consume', 'refund', 'reserve', 'release') AND total_after IS NOT NULL
  UNION ALL
  SELECT token, epoch, seq, 'total', CONCAT('it says that ', total, ' are granted, and leaves ', quota_after)
  FROM grants
  -- The first row of an imported token: some of the granted calls were used before.
  WHERE action IN ('init', 'refill', 'expire') AND (total < quota_after OR (total > quota_after AND NOT (epoch = 1 AND seq = 1)))
  UNION ALL
  SELECT token, epoch, seq, 'total', 'it does not say what is granted, the grant before it does'
  FROM grants
  WHERE total IS NULL AND last_total_after IS NOT NULL
  UNION ALL
  SELECT token, epoch, seq, 'total', CONCAT(last_total, ' and ', quota_change, ' are not ', total)
  FROM grants
  WHERE action = 'recharge' AND total <> last_total + quota_change
  UNION ALL
  SELECT token, epoch, seq, 'period',
         CONCAT('it begins period ', COALESCE(period, 'NULL'), ' at ', COALESCE(effective_at, 'NULL'), ', the refill before it period ', last_period, ' at ', last_effective_at)
  FROM refills
  WHERE last_period IS NOT NULL AND NOT (COALESCE(period, 0) > last_period AND COALESCE(effective_at, last_effective_at) > last_effective_at)
    AND NOT COALESCE(period, 0) = 1
  UNION ALL
  SELECT token, epoch, seq, 'period', CONCAT('it takes ', -quota_change, ', and the record before it did not give that back')
  FROM entries
  WHERE action = 'expire' AND total_after IS NULL
    AND NOT (epoch = last_epoch AND seq = last_seq + 1 AND COALESCE(last_action, '') IN ('refund', 'release') AND last_change = -quota_change)
),
problems AS (
  SELECT token, epoch, seq, problem, detail
  FROM of_entries AS p
  WHERE NOT EXISTS (
    SELECT 1 FROM mends AS m WHERE m.token = p.token AND (m.epoch > p.epoch OR (m.epoch = p.epoch AND m.seq >= p.seq)))
  UNION ALL
  SELECT t.token, t.synced_epoch, t.synced_seq, 'missing_last',
         COALESCE(CONCAT('the newest record is (', e.epoch, ', ', e.seq, ')'), 'there is no record')
  FROM tokens AS t
  LEFT JOIN entries AS e ON e.token = t.token AND e.is_synced = 1 AND e.age = 1
  WHERE (t.synced_epoch, t.synced_seq) > (e.epoch, e.seq) OR (e.token IS NULL AND t.keeps_all = 1)
  UNION ALL
  SELECT t.token, e.epoch, e.seq, 'unsynced', CONCAT('access_tokens shows (', t.synced_epoch, ', ', t.synced_seq, ')')
  FROM tokens AS t
  JOIN entries AS e ON e.token = t.token AND e.is_synced = 1 AND e.age = 1
  WHERE (e.epoch, e.seq) > (t.synced_epoch, t.synced_seq)
  UNION ALL
  SELECT t.token, e.epoch, e.seq, 'remaining',
         CONCAT('remaining_quota is ', COALESCE(t.remaining_quota, 'NULL'), ', the record says ', COALESCE(e.quota_after, 'NULL'))
  FROM tokens AS t
  JOIN entries AS e ON e.token = t.token AND e.is_synced = 1 AND e.epoch = t.synced_epoch AND e.seq = t.synced_seq
  WHERE COALESCE(t.remaining_quota, -1) <> COALESCE(e.quota_after, -1)
  UNION ALL
  SELECT t.token, e.epoch, e.seq, 'range', CONCAT('quota_epoch is only ', t.quota_epoch)
  FROM tokens AS t
  JOIN entries AS e ON e.token = t.token AND e.is_synced = 1 AND e.age = 1
  WHERE t.quota_epoch < e.epoch OR t.quota_epoch < t.synced_epoch
  UNION ALL
  SELECT token, synced_epoch, synced_seq, 'total', CONCAT('total_quota is ', COALESCE(total_quota, 'NULL'), ', granted are ', total)
  FROM shown_grants
  WHERE age = 1 AND COALESCE(total_quota, 0) <> total
  UNION ALL
  SELECT token, synced_epoch, synced_seq, 'period',
         CONCAT('period_state is ', COALESCE(period_state, 'NULL'), ', of the last grant ', COALESCE(granted_period, 'NULL'))
  FROM shown_grants
  WHERE age = 1 AND COALESCE(period_state, '') <> COALESCE(granted_period, '') AND (total_after IS NOT NULL OR period_state IS NOT NULL)
  UNION ALL
  SELECT token, synced_epoch, synced_seq, 'range', CONCAT('remaining_quota is ', remaining_quota, ' of ', COALESCE(total_quota, 'NULL'))
  FROM tokens
  WHERE remaining_quota < 0 OR remaining_quota > COALESCE(total_quota, 0)
  UNION ALL
  SELECT d.token, NULL, NULL, 'dead_letter', CONCAT('quota_dead_letters.id ', d.id, ': ', d.reason)
  FROM (
    -- The payload may be invalid JSON; the first id in it is the token's.
    SELECT id, reason, created_at,
           CASE WHEN INSTR(payload, 'flow_') > 0
             THEN SUBSTR(SUBSTR(payload, INSTR(payload, 'flow_'), 64), 1, INSTR(CONCAT(SUBSTR(payload, INSTR(payload, 'flow_'), 64), '"'), '"') - 1)
           END AS token
    FROM quota_dead_letters
  ) AS d
  WHERE ((d.token >= COALESCE(@first_token, '') AND d.token <= COALESCE(@last_token, '~')) OR (d.token IS NULL AND @first_token IS NULL))
    AND NOT EXISTS (SELECT 1 FROM mends AS m WHERE m.token = d.token AND m.created_at >= d.created_at)
)
SELECT token, epoch, seq, problem, detail
FROM problems
ORDER BY token, epoch, seq, problem
LIMIT 1000;
