-- Reads the tokens, at most @limit, that have an open reservation whose time was over at @now.
SELECT DISTINCT r.token
FROM quota_reservations AS r
JOIN access_tokens AS t ON t.access_token = r.token
WHERE r.state = 'open' AND r.expires_at <= @now
LIMIT @limit
