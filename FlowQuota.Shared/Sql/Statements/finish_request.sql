-- Keeps @result as the result of a remembered request that has none yet.
UPDATE idempotency_keys SET result = @result WHERE token = @TokenId AND key_hash = @Hash AND result IS NULL
