-- Raises the epoch of token @TokenId to @QuotaEpoch.
UPDATE access_tokens SET quota_epoch = @QuotaEpoch WHERE access_token = @TokenId
