-- Reads the synced positions of the tokens in the list @tokens.
SELECT access_token, synced_epoch, synced_seq
FROM access_tokens
WHERE access_token IN @tokens
