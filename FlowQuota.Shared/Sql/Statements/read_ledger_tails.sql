-- Reads the newest log row of each token from @first_token to @last_token (NULL = no bound), with the token's total and period.
SELECT l.token AS Token, l.ws_id AS WorkspaceId, l.email AS Email, l.epoch AS Epoch, l.seq AS Seq,
       l.quota_after AS QuotaAfter, t.total_quota AS Total, t.period_state AS Period, t.period_rule AS Rule, t.row_version AS TermsVersion,
       COALESCE(t.reserved_quota, 0) AS Reserved
FROM (
    SELECT token, ws_id, email, epoch, seq, quota_after,
           ROW_NUMBER() OVER (PARTITION BY token ORDER BY epoch DESC, seq DESC, created_at DESC) AS age
    FROM token_quota_logs
    WHERE token >= COALESCE(@first_token, '') AND token <= COALESCE(@last_token, '~') AND epoch > 0
) AS l
LEFT JOIN access_tokens AS t ON t.access_token = l.token
WHERE l.age = 1
