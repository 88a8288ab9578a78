-- Writes the quotas in @Quotas (JSON: [{"token","epoch","seq","remaining","total","reserved","period"}, ...]) with @Now to the rows that are
-- at an earlier position. Returns how many those are. The rows stay locked until the commit, in the order of @Quotas, so two writers
-- that order it by the token cannot deadlock.
UPDATE JSON_TABLE(@Quotas, '$[*]' COLUMNS (
        token VARCHAR(64) PATH '$.token',
        epoch INT PATH '$.epoch',
        seq BIGINT PATH '$.seq',
        remaining INT PATH '$.remaining',
        total INT PATH '$.total',
        reserved INT PATH '$.reserved',
        period VARCHAR(96) PATH '$.period')) AS q
STRAIGHT_JOIN access_tokens AS t
    ON t.access_token = CONVERT(q.token USING ascii) COLLATE ascii_bin
SET t.remaining_quota = q.remaining,
    t.total_quota = q.total,
    t.reserved_quota = q.reserved,
    t.period_state = q.period,
    t.quota_synced_at = @Now,
    t.synced_epoch = q.epoch,
    t.synced_seq = q.seq
WHERE t.synced_epoch < q.epoch OR (t.synced_epoch = q.epoch AND t.synced_seq < q.seq)
