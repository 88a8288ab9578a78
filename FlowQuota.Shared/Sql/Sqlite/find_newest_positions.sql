-- Reads, for each token and epoch in @Keys (JSON: [{"token","epoch"}, ...]), the newest stored position; NULL if there is
-- none. Needs no time: without partitions the unique key alone decides.
SELECT k.value ->> 'token' AS token, k.value ->> 'epoch' AS epoch,
    (SELECT MAX(l.seq)
     FROM token_quota_logs AS l
     WHERE l.token = k.value ->> 'token' AND l.epoch = k.value ->> 'epoch') AS seq
FROM json_each(@Keys) AS k
