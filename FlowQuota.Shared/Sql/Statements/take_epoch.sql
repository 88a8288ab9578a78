-- Takes the next epoch of token @tokenId. Locks the row until the commit: the next caller gets the next epoch and sees
-- what this one reads, or later.
UPDATE access_tokens SET quota_epoch = quota_epoch + 1 WHERE access_token = @tokenId
