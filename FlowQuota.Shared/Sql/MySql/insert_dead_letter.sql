-- Sets a payload aside; does nothing if the same payload is there.
INSERT INTO quota_dead_letters (payload, payload_hash, reason, created_at)
VALUES (@Payload, @PayloadHash, @ShortReason, @Now)
ON DUPLICATE KEY UPDATE id = id
