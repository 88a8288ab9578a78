-- Reads the synced positions of the tokens in the list @tokens. The rows stay locked until the commit, in the order of
-- their key, so two writers cannot deadlock.
SELECT access_token, synced_epoch, synced_seq
FROM access_tokens
WHERE access_token IN @tokens
ORDER BY access_token
FOR UPDATE
