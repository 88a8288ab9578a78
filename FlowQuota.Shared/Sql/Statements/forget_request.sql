-- Deletes a remembered request that has no result.
DELETE FROM idempotency_keys WHERE token = @TokenId AND key_hash = @Hash AND result IS NULL
