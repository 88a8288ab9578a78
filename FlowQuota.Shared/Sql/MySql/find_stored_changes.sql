-- Reads the stored rows at the positions in @Keys (JSON: [{"token","epoch","seq"}, ...]) made between @From and @Until,
-- inclusive. The key is converted to the column's character set, because the other way round the column's index could not
-- be used.
SELECT l.token, l.epoch, l.seq, l.request_id AS RequestId, l.action, l.created_at AS CreatedAt
FROM JSON_TABLE(@Keys, '$[*]' COLUMNS (
        token VARCHAR(64) PATH '$.token',
        epoch INT PATH '$.epoch',
        seq BIGINT PATH '$.seq')) AS k
STRAIGHT_JOIN token_quota_logs AS l
    ON l.token = CONVERT(k.token USING ascii) COLLATE ascii_bin AND l.epoch = k.epoch AND l.seq = k.seq
WHERE l.created_at BETWEEN @From AND @Until
