-- Reads the workspaces of the tokens in the list @tokens.
SELECT access_token, ws_id FROM access_tokens WHERE access_token IN @tokens
