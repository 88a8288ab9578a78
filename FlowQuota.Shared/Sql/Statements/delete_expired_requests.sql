-- Deletes the remembered requests made before @before.
DELETE FROM idempotency_keys WHERE created_at < @before
