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
--   action        a consume, expire or reserve that gives calls, a refund, refill or release that takes some, a reserve or
--                 release that names no reservation, or a first row that is no init
--   period        a change names a period or boundary that does not follow from the period before it, or that its action has
--                 not; an expire that is no period's end does not take back what came just before it, or no refill follows
--                 one that is; or access_tokens shows another period than the last grant
--   key           a consume carries the idempotency key of an earlier one that was not given back: the call was charged twice
--   hold          a reservation has come back more than once or not at all though its time is over, its row in quota_reservations
--                 differs from its log rows, or reserved_quota is not what the open ones hold
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
         request_id, idempotency_key, reservation_id,
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
  SELECT access_token AS token, total_quota, remaining_quota, reserved_quota, quota_epoch, synced_epoch, synced_seq, period_state,
         CASE WHEN NOT EXISTS (SELECT 1 FROM quota_cleanup_runs)
                OR created_at > (SELECT MIN(created_at) FROM token_quota_logs) THEN 1 ELSE 0 END AS keeps_all
  FROM access_tokens
  WHERE access_token >= COALESCE(@first_token, '') AND access_token <= COALESCE(@last_token, '~')
),
mends AS (
  SELECT token, epoch, seq, created_at FROM entries WHERE is_mend = 1
),
-- The total after each change that can change it. Rows of old versions do not state it: NULL = unknown. An expire that states
-- none takes back what came back to a period that is over, and grants nothing. A release states one if bought units come back
-- from a period that is over.
granted AS (
  SELECT token, epoch, seq, quota_change, action, total_after, COALESCE(quota_after, 0) AS quota_after, period_state,
         CASE WHEN quota_after IS NULL THEN COALESCE(total_after, 0) ELSE total_after END AS total
  FROM records
  WHERE action IN ('init', 'recharge', 'refill') OR (action IN ('expire', 'release') AND total_after IS NOT NULL)
),
-- The changes that can begin, end or name a period. An expire begins none: it belongs to the change before it.
numbered AS (
  SELECT token, epoch, seq, action, quota_change, COALESCE(quota_before, 0) AS quota_before, quota_after, total_after, is_mend,
         period, effective_at, period_state,
         SUM(CASE WHEN action = 'expire' THEN 0 ELSE 1 END) OVER (PARTITION BY token ORDER BY epoch, seq) AS number
  FROM records
  WHERE action IN ('init', 'recharge', 'refill', 'expire') OR (action = 'release' AND total_after IS NOT NULL)
),
stated AS (
  SELECT numbered.*, CASE WHEN number > 0 THEN FIRST_VALUE(period_state) OVER (PARTITION BY token, number ORDER BY epoch, seq) END AS state_of_number
  FROM numbered
),
-- period_state is 'number:starts:ends:amount:bought'. It and the one before the change are taken apart from the left.
followed AS (
  SELECT stated.*, COALESCE(period_state, '') AS state,
         COALESCE(CASE WHEN action = 'expire' THEN state_of_number ELSE LAG(state_of_number) OVER chain END, '') AS state_before,
         CASE WHEN (CASE WHEN action = 'expire' THEN number ELSE LAG(number) OVER chain END) > 0 THEN 0 ELSE 1 END AS is_oldest,
         CASE WHEN LAG(action) OVER chain = 'expire' AND LAG(total_after) OVER chain IS NOT NULL THEN LAG(period_state) OVER chain END AS state_of_end
  FROM stated
  WINDOW chain AS (PARTITION BY token ORDER BY epoch, seq)
),
split_1 AS (
  SELECT followed.*,
         SUBSTR(state, 1, INSTR(state, ':') - 1) AS number_now, SUBSTR(state, INSTR(state, ':') + 1) AS rest,
         SUBSTR(state_before, 1, INSTR(state_before, ':') - 1) AS number_before, SUBSTR(state_before, INSTR(state_before, ':') + 1) AS rest_before
  FROM followed
),
split_2 AS (
  SELECT split_1.*,
         SUBSTR(rest, 1, INSTR(rest, ':') - 1) AS starts, SUBSTR(rest, INSTR(rest, ':') + 1) AS rest_2,
         SUBSTR(rest_before, 1, INSTR(rest_before, ':') - 1) AS starts_before, SUBSTR(rest_before, INSTR(rest_before, ':') + 1) AS rest_2_before
  FROM split_1
),
split_3 AS (
  SELECT split_2.*,
         SUBSTR(rest_2, 1, INSTR(rest_2, ':') - 1) AS ends, SUBSTR(rest_2, INSTR(rest_2, ':') + 1) AS rest_3,
         SUBSTR(rest_2_before, 1, INSTR(rest_2_before, ':') - 1) AS ends_before, SUBSTR(rest_2_before, INSTR(rest_2_before, ':') + 1) AS rest_3_before
  FROM split_2
),
-- Days since 1970 are counted in years that begin in March, because MySQL and SQLite have no function for it in common.
dated AS (
  SELECT split_3.*,
         CAST(SUBSTR(effective_at, 1, 4) AS SIGNED) - CASE WHEN SUBSTR(effective_at, 6, 2) < '03' THEN 1 ELSE 0 END AS year_of_march,
         153 * ((CAST(SUBSTR(effective_at, 6, 2) AS SIGNED) + 9) % 12) + 2 AS fifths_of_months
  FROM split_3
),
periods AS (
  SELECT token, epoch, seq, action, quota_change, quota_before, quota_after, total_after, is_mend, is_oldest, period, effective_at,
         state, state_before, state_of_end, number_now, number_before, starts, starts_before, ends, ends_before,
         CASE WHEN quota_before < SUBSTR(rest_3_before, INSTR(rest_3_before, ':') + 1) + 0
           THEN quota_before ELSE SUBSTR(rest_3_before, INSTR(rest_3_before, ':') + 1) + 0 END AS bought_left,
         SUBSTR(rest_3, 1, INSTR(rest_3, ':') - 1) + 0 AS amount, SUBSTR(rest_3, INSTR(rest_3, ':') + 1) + 0 AS bought,
         SUBSTR(rest_3_before, 1, INSTR(rest_3_before, ':') - 1) + 0 AS amount_before,
         ((365 * year_of_march + (year_of_march - year_of_march % 4) / 4 - (year_of_march - year_of_march % 100) / 100
             + (year_of_march - year_of_march % 400) / 400 + (fifths_of_months - fifths_of_months % 5) / 5
             + CAST(SUBSTR(effective_at, 9, 2) AS SIGNED) - 719469) * 86400
           + CAST(SUBSTR(effective_at, 12, 2) AS SIGNED) * 3600 + CAST(SUBSTR(effective_at, 15, 2) AS SIGNED) * 60
           + CAST(SUBSTR(effective_at, 18, 2) AS SIGNED)) * 1000 + CAST(SUBSTR(effective_at, 21, 3) AS SIGNED) AS effective_ms
  FROM dated
),
keyed AS (
  SELECT token, epoch, seq, LAG(epoch) OVER under_key AS last_epoch, LAG(seq) OVER under_key AS last_seq, LAG(request_id) OVER under_key AS last_request
  FROM records
  WHERE action = 'consume' AND quota_change < 0 AND idempotency_key IS NOT NULL
  WINDOW under_key AS (PARTITION BY token, idempotency_key ORDER BY epoch, seq)
),
holds AS (
  SELECT token, reservation_id,
         SUM(CASE WHEN action = 'reserve' THEN -quota_change ELSE 0 END) AS reserved,
         SUM(CASE WHEN action = 'release' THEN quota_change ELSE 0 END) AS released,
         SUM(CASE WHEN action = 'consume' THEN -quota_change ELSE 0 END) AS consumed,
         SUM(CASE WHEN action = 'release' THEN 1 ELSE 0 END) AS releases,
         MAX(epoch) AS epoch, MIN(CASE WHEN action = 'reserve' THEN seq END) AS first_seq, MIN(epoch) AS first_epoch,
         -- Within an epoch; the last change of most reservations is in the first.
         MAX(seq) AS seq
  FROM records
  WHERE reservation_id IS NOT NULL
  GROUP BY token, reservation_id
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
  SELECT token, epoch, seq, 'action', CONCAT('a ', action, ' names no reservation')
  FROM records
  WHERE action IN ('reserve', 'release') AND reservation_id IS NULL
  UNION ALL
  SELECT token, epoch, seq, 'total', CONCAT('a ', action, ' grants nothing, and says that ', total_after, ' are granted')
  FROM entries
  WHERE action IN ('consume', 'refund', 'reserve') AND total_after IS NOT NULL
  UNION ALL
  SELECT token, epoch, seq, 'total', CONCAT('it says that ', total, ' are granted, and leaves ', quota_after)
  FROM grants
  -- The first row of an imported token, which has no periods: some of the granted calls were used before.
  WHERE action IN ('init', 'refill', 'expire')
    AND (total < quota_after OR (total > quota_after AND NOT (epoch = 1 AND seq = 1 AND period_state IS NULL)
      -- What is held at a reset counts against the new quota.
      AND NOT (action = 'init' AND total - quota_after <= (
        SELECT COALESCE(-SUM(h.quota_change), 0) FROM records AS h
        WHERE h.token = grants.token AND h.action IN ('reserve', 'release') AND (h.epoch, h.seq) < (grants.epoch, grants.seq)))))
  UNION ALL
  SELECT token, epoch, seq, 'total', 'it does not say what is granted, the grant before it does'
  FROM grants
  WHERE total IS NULL AND (last_total_after IS NOT NULL OR period_state IS NOT NULL)
  UNION ALL
  SELECT token, epoch, seq, 'total', CONCAT(last_total, ' and ', quota_change, ' are not ', total)
  FROM grants
  WHERE action IN ('recharge', 'release') AND total <> last_total + quota_change
  UNION ALL
  SELECT token, epoch, seq, 'period', CONCAT('a ', action, ' belongs to no period, and it names one')
  FROM records
  WHERE (action IN ('consume', 'refund', 'reserve', 'release') AND (period IS NOT NULL OR effective_at IS NOT NULL
        OR (period_state IS NOT NULL AND NOT (action = 'release' AND total_after IS NOT NULL))))
     OR (action IN ('init', 'recharge') AND (effective_at IS NOT NULL OR (period IS NOT NULL AND NOT (epoch = 1 AND seq = 1))))
  UNION ALL
  SELECT token, epoch, seq, 'period',
         CONCAT('it names period ', COALESCE(period, 'NULL'), ' at ', COALESCE(effective_at, 'NULL'), ', and it is in ', state, ', after ', state_before)
  FROM periods
  WHERE (epoch = 1 AND seq = 1 AND COALESCE(period, 0) <> number_now + 0)
     OR (action IN ('refill', 'expire') AND (period IS NULL OR effective_at IS NULL)
        -- What comes back to a quota that was given up, of a token without periods, belongs to none.
        AND NOT (action = 'expire' AND total_after IS NULL AND state_before = ''))
     OR (action = 'refill' AND period <> number_now + 0)
     OR (action = 'refill' AND state_before <> '' AND effective_ms <> starts + 0)
     -- Periods that an admin begins: at any instant in the first one, and the clocks of Redis and of the instance may differ.
     OR (action = 'refill' AND state_before = '' AND NOT (is_oldest = 1 AND effective_ms = starts + 0)
       AND NOT (period = 1 AND effective_ms BETWEEN starts - 86400000 AND ends + 86400000))
     OR (action = 'expire' AND is_oldest = 0 AND total_after IS NOT NULL AND (period <> number_before + 0 OR effective_ms <> ends_before + 0))
     OR (action = 'expire' AND is_oldest = 0 AND total_after IS NULL AND (period <> number_before - 1 OR effective_ms <> starts_before + 0))
  UNION ALL
  SELECT token, epoch, seq, 'period', CONCAT('its period ', state, ' does not follow from ', state_before)
  FROM periods
  -- A token that is made with periods.
  WHERE epoch = 1 AND seq = 1 AND number_now = '1' AND (quota_after <> amount OR bought <> 0 OR ends + 0 <= starts + 0)
  UNION ALL
  SELECT token, epoch, seq, 'period', CONCAT('its period ', state, ' does not follow from ', state_before)
  FROM periods
  WHERE is_mend = 0 AND is_oldest = 0
    AND ((action = 'expire' AND total_after IS NULL AND state <> '')
      OR (action = 'expire' AND total_after IS NOT NULL AND (state = '' OR quota_after < bought_left))
      OR (action = 'refill' AND state = '')
      -- The next period, or a later one.
      OR (action = 'refill' AND state_before <> ''
        AND NOT (number_now + 0 > number_before + 0 AND bought = bought_left AND ends + 0 > starts + 0
          AND (starts = ends_before OR (number_now + 0 > number_before + 1 AND starts + 0 > ends_before + 0))
          AND (quota_change = amount OR (number_now + 0 > number_before + 1 AND quota_change > amount) OR quota_after = 2147483647)))
      OR (action = 'refill' AND state_before = ''
        AND NOT (number_now = '1' AND bought = quota_before AND ends + 0 > starts + 0 AND (quota_change = amount OR quota_after = 2147483647)))
      -- An end of a period is followed by the period that it states.
      OR (state_of_end IS NOT NULL AND NOT (action = 'refill' AND state = state_of_end))
      -- The same period, with other amounts.
      OR (action IN ('init', 'recharge', 'release') AND state <> ''
        AND NOT (number_now = number_before AND starts = starts_before AND ends = ends_before
          AND ((amount = amount_before
              AND (bought = CASE WHEN quota_after < bought_left THEN quota_after ELSE bought_left END
                OR (action IN ('recharge', 'release') AND quota_change > 0 AND bought = bought_left + quota_change)))
            OR (action = 'recharge' AND amount <> amount_before AND bought = bought_left
              AND (quota_change = amount - amount_before OR quota_after = bought OR total_after = 2147483647)))))
      -- No periods any more.
      OR (action = 'recharge' AND state = '' AND state_before <> '' AND quota_change <> 0)
      OR (action = 'init' AND state = '' AND state_before <> '' AND quota_after IS NOT NULL))
  UNION ALL
  SELECT token, epoch, seq, 'period', CONCAT('it takes ', -quota_change, ', and the record before it did not give that back')
  FROM entries
  WHERE action = 'expire' AND total_after IS NULL
    AND NOT (epoch = last_epoch AND seq = last_seq + 1 AND ((last_action = 'refund' AND last_change = -quota_change) OR (last_action = 'release' AND last_change >= -quota_change)))
  UNION ALL
  SELECT token, epoch, seq, 'hold', CONCAT('reservation ', reservation_id, ' held ', reserved, ' and gave back ', released)
  FROM holds
  WHERE reserved > 0 AND released <> 0 AND released <> reserved
  UNION ALL
  SELECT h.token, h.epoch, h.seq, 'hold', CONCAT('reservation ', h.reservation_id, ' ended at ', v.expires_at, ' and has given nothing back')
  FROM holds AS h
  JOIN quota_reservations AS v ON v.token = h.token AND v.reservation_id = h.reservation_id
  WHERE h.releases = 0 AND EXISTS (
    SELECT 1 FROM records AS r
    WHERE r.token = h.token AND (r.epoch, r.seq) > (h.first_epoch, h.first_seq) AND r.created_at > v.expires_at)
  UNION ALL
  SELECT h.token, h.epoch, h.seq, 'hold',
         CONCAT('reservation ', h.reservation_id, ' is ', v.state, ' of ', v.amount, ' with ', v.consumed, ' consumed; its records have ',
           h.reserved, ' reserved, ', h.released, ' released, ', h.consumed, ' consumed')
  FROM holds AS h
  JOIN quota_reservations AS v ON v.token = h.token AND v.reservation_id = h.reservation_id
  WHERE h.reserved > 0
    AND (v.amount <> h.reserved OR v.consumed <> h.consumed OR (v.state = 'open' AND h.releases > 0) OR (v.state <> 'open' AND h.releases = 0))
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
  WHERE remaining_quota < 0 OR remaining_quota + reserved_quota > COALESCE(total_quota, 0)
  UNION ALL
  SELECT t.token, t.synced_epoch, t.synced_seq, 'hold', CONCAT('reserved_quota is ', t.reserved_quota, ', open reservations hold ', v.held)
  FROM tokens AS t
  JOIN (
    SELECT k.token, COALESCE(SUM(o.amount), 0) AS held
    FROM tokens AS k
    LEFT JOIN quota_reservations AS o
      ON o.token = k.token AND o.state = 'open' AND (k.period_state IS NULL OR INSTR(k.period_state, CONCAT(o.period, ':')) = 1)
    GROUP BY k.token
  ) AS v ON v.token = t.token
  WHERE t.remaining_quota IS NOT NULL AND t.reserved_quota <> v.held
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
