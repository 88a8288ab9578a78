-- Reads counts of refused calls; the parameters and the marker are those of read_usage.sql.
SELECT s.value ->> 'n' AS Span,
    CASE WHEN @ByToken THEN u.token END AS OfToken, CASE WHEN @ByWorkspace THEN u.ws_id END AS OfWorkspace,
    SUM(u.refused_quota) AS RefusedQuota, SUM(u.refused_rate) AS RefusedRate
FROM json_each(@Spans) AS s
CROSS JOIN usage_refusals AS u ON u.starts_at >= s.value ->> 'from' AND u.starts_at < s.value ->> 'until'
/* where */
GROUP BY Span, OfToken, OfWorkspace
ORDER BY Span, OfToken, OfWorkspace
LIMIT @Limit
