-- Adds up the log rows made from @From to before @Until.
SELECT token AS Token, ws_id AS WorkspaceId, COALESCE(meter, '') AS Meter, action AS Action,
    COUNT(*) AS Changes, SUM(quota_change) AS QuotaChange, SUM(CASE WHEN execution_success = 0 THEN 1 ELSE 0 END) AS Failed
FROM token_quota_logs
WHERE created_at >= @From AND created_at < @Until
GROUP BY token, ws_id, COALESCE(meter, ''), action
