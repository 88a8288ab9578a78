-- Writes counts of refused calls; a stored count that is greater stays.
INSERT INTO usage_refusals (starts_at, token, ws_id, refused_quota, refused_rate)
VALUES
/* rows */
ON DUPLICATE KEY UPDATE
    refused_quota = GREATEST(refused_quota, VALUES(refused_quota)),
    refused_rate = GREATEST(refused_rate, VALUES(refused_rate))
