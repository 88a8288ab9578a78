-- Deletes no row. Fails if the account or the server refuses a DELETE.
DELETE FROM idempotency_keys WHERE 1 = 0
