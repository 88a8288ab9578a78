-- Remembers a request under its key @Hash, with the position of the token before it. Fails if the key is in use.
INSERT INTO idempotency_keys (token, key_hash, fingerprint, request_id, epoch, seq, created_at)
VALUES (@TokenId, @Hash, @Fingerprint, @RequestId, @Epoch, @Seq, @Now)
