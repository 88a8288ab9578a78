-- Reads how far the roll-up is, and the newest log row (0 = there is none): one row.
SELECT complete_until AS CompleteUntil, scanned_id AS ScannedId, seen_id AS SeenId,
    COALESCE((SELECT id FROM token_quota_logs ORDER BY id DESC LIMIT 1), 0) AS NewestId
FROM usage_state
WHERE id = 1
