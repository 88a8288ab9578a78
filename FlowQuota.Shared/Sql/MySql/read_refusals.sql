-- Reads counts of refused calls; the parameters and markers are those of read_usage.sql.
SELECT INTERVAL(TO_SECONDS(u.starts_at), /* starts */) - 1 AS Span,
    CASE WHEN @ByToken THEN u.token END AS OfToken, CASE WHEN @ByWorkspace THEN u.ws_id END AS OfWorkspace,
    SUM(u.refused_quota) AS RefusedQuota, SUM(u.refused_rate) AS RefusedRate
FROM usage_refusals AS u
/* where */
GROUP BY Span, OfToken, OfWorkspace
ORDER BY Span, OfToken, OfWorkspace
LIMIT @Limit
