-- Writes counts of refused calls; a stored count that is greater stays.
INSERT INTO usage_refusals (starts_at, token, ws_id, refused_quota, refused_rate)
VALUES
/* rows */
ON CONFLICT (starts_at, token) DO UPDATE SET
    refused_quota = MAX(refused_quota, excluded.refused_quota),
    refused_rate = MAX(refused_rate, excluded.refused_rate)
