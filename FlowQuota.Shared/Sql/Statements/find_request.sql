-- Reads the remembered request of token @TokenId under the key @Hash: no row or one.
SELECT fingerprint AS Fingerprint, epoch AS Epoch, seq AS Seq, request_id AS RequestId, result AS Result
FROM idempotency_keys
WHERE token = @TokenId AND key_hash = @Hash
