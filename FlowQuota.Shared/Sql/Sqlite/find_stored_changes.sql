-- Reads the stored rows at the positions in @Keys (JSON: [{"token","epoch","seq"}, ...]). Without partitions the unique
-- key alone decides, whenever the stored row was made.
SELECT l.token, l.epoch, l.seq, l.request_id AS RequestId, l.action, l.created_at AS CreatedAt
FROM json_each(@Keys) AS k
CROSS JOIN token_quota_logs AS l
    ON l.token = k.value ->> 'token' AND l.epoch = k.value ->> 'epoch' AND l.seq = k.value ->> 'seq'
