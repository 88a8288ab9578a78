-- Reads, for each token and epoch in @Keys (JSON: [{"token","epoch"}, ...]), the newest stored position of a change made
-- between @From and @Until; NULL if there is none. One look at the end of the unique key for each: MAX(seq) could not use
-- the key, because the time is compared, too.
SELECT k.token, k.epoch,
    (SELECT l.seq
     FROM token_quota_logs AS l
     WHERE l.token = CONVERT(k.token USING ascii) COLLATE ascii_bin AND l.epoch = k.epoch
       AND l.created_at BETWEEN @From AND @Until
     ORDER BY l.seq DESC
     LIMIT 1) AS seq
FROM JSON_TABLE(@Keys, '$[*]' COLUMNS (
        token VARCHAR(64) PATH '$.token',
        epoch INT PATH '$.epoch')) AS k
