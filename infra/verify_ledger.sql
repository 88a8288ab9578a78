-- Do the books balance? Lists one row per problem; no row means that they do.
--
--   mysql flowquota < infra/verify_ledger.sql
--
-- For MySQL 8.0/8.4 and MariaDB 10.11. GET /flow/quota/verify runs this same text (on SQLite too) and besides compares
-- Redis. Run it by hand when nothing waits (GET /flow/cache-write-pool/stats), or twice some seconds apart: the two
-- tables are written one after the other, so what is on its way looks like a problem until it has come.
-- To look at some tokens alone: SET @first_token = 'flow_...', @last_token = 'flow_...'; before it, both inclusive.
--
--   gap           records are missing before this one
--   chain         it does not begin where the record before it ended (NULL counts as 0)
--   sum           quota_after is not quota_before + quota_change
--   duplicate     two records of one position
--   missing_last  access_tokens shows a change that has no record
--   unsynced      access_tokens does not show the newest record yet
--   remaining     remaining_quota is not what the newest record says
--   range         a figure is negative, or more is left than was granted
--   dead_letter   a record was set aside in quota_dead_letters; its row is deleted by hand once it is dealt with
--
-- Retention removes the oldest records first. So a first record that is not number 1 is a gap only where something
-- older was kept: an earlier epoch of the token, or a record of another token made before this one was created.
-- Records under epoch 0 were imported from another system and are no part of the chain, which begins at (1, 1) with what
-- was left at the import (docs/decisions/0011).
-- POST /flow/quota/verify/mend writes a record that explains all that lies before it; what is explained is not listed.
WITH records AS (
  SELECT token, epoch, seq, quota_before, quota_after, quota_change, created_at,
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
  SELECT token, epoch, seq, quota_change, created_at, is_mend, is_synced, quota_after,
         COALESCE(quota_before, 0) AS quota_before,
         LAG(epoch) OVER chain AS last_epoch,
         LAG(seq) OVER chain AS last_seq,
         LAG(COALESCE(quota_after, 0)) OVER chain AS last_after,
         ROW_NUMBER() OVER (PARTITION BY token, is_synced ORDER BY epoch DESC, seq DESC, created_at DESC) AS age
  FROM synced_records
  WINDOW chain AS (PARTITION BY token ORDER BY epoch, seq, created_at)
),
tokens AS (
  SELECT access_token AS token, total_quota, remaining_quota, synced_epoch, synced_seq,
         CASE WHEN NOT EXISTS (SELECT 1 FROM quota_cleanup_runs)
                OR created_at > (SELECT MIN(created_at) FROM token_quota_logs) THEN 1 ELSE 0 END AS keeps_all
  FROM access_tokens
  WHERE access_token >= COALESCE(@first_token, '') AND access_token <= COALESCE(@last_token, '~')
),
mends AS (
  SELECT token, epoch, seq, created_at FROM entries WHERE is_mend = 1
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
  SELECT token, epoch, seq, 'range', CONCAT('quota_after is ', quota_after)
  FROM entries
  WHERE quota_after < 0
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
  JOIN entries AS e ON e.token = t.token AND e.is_synced = 1 AND e.age = 1 AND e.epoch = t.synced_epoch AND e.seq = t.synced_seq
  WHERE COALESCE(t.remaining_quota, -1) <> COALESCE(e.quota_after, -1)
  UNION ALL
  SELECT token, synced_epoch, synced_seq, 'range', CONCAT('remaining_quota is ', remaining_quota, ' of ', COALESCE(total_quota, 'NULL'))
  FROM tokens
  WHERE remaining_quota < 0 OR remaining_quota > COALESCE(total_quota, 0)
  UNION ALL
  SELECT d.token, NULL, NULL, 'dead_letter', CONCAT('quota_dead_letters.id ', d.id, ': ', d.reason)
  FROM (
    -- The payload may be no JSON at all; the first id in it is the token's.
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
