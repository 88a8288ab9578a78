-- Lists up to @Limit public ids behind @After that have a token or log rows, in their order.
SELECT token FROM (SELECT access_token AS token FROM access_tokens WHERE access_token > @After ORDER BY access_token LIMIT @Limit) AS live
UNION
SELECT token FROM (SELECT DISTINCT token FROM token_quota_logs WHERE token > @After ORDER BY token LIMIT @Limit) AS logged
ORDER BY token
LIMIT @Limit
