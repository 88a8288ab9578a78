-- Deletes the token @TokenId; its log rows stay.
DELETE FROM access_tokens WHERE access_token = @TokenId
