-- Writes the quotas in @Quotas (JSON: [{"token","epoch","seq","remaining","total","reserved","period"}, ...]) with @Now to the rows that are
-- at an earlier position. Returns how many those are. The transaction has the whole database to itself.
UPDATE access_tokens
SET remaining_quota = q.value ->> 'remaining',
    total_quota = q.value ->> 'total',
    reserved_quota = q.value ->> 'reserved',
    period_state = q.value ->> 'period',
    quota_synced_at = @Now,
    synced_epoch = q.value ->> 'epoch',
    synced_seq = q.value ->> 'seq'
FROM json_each(@Quotas) AS q
WHERE access_token = q.value ->> 'token'
  AND (synced_epoch, synced_seq) < (q.value ->> 'epoch', q.value ->> 'seq')
