-- Reads usage by token from @From to before @Until, in up to @Limit groups. The starts of the buckets, in seconds since the year 0, stand
-- in for the marker in INTERVAL, and the conditions that are asked for (@TokenId, @WorkspaceId, @Meter, @Tag) for the other.
SELECT INTERVAL(TO_SECONDS(u.starts_at), /* starts */) - 1 AS Span,
    CASE WHEN @ByToken THEN u.token END AS OfToken, CASE WHEN @ByWorkspace THEN u.ws_id END AS OfWorkspace,
    CASE WHEN @ByMeter THEN u.meter END AS OfMeter, CASE WHEN @ByAction THEN u.action END AS OfAction,
    SUM(u.changes) AS Changes, SUM(u.quota_change) AS QuotaChange, SUM(u.failed) AS Failed,
    SUM(CASE WHEN u.action = 'consume' THEN u.changes ELSE 0 END) AS Calls,
    -SUM(CASE WHEN u.action = 'consume' THEN u.quota_change ELSE 0 END) AS Units,
    SUM(CASE WHEN u.action = 'refund' THEN u.quota_change ELSE 0 END) AS Refunded
FROM usage_hourly AS u
/* where */
GROUP BY Span, OfToken, OfWorkspace, OfMeter, OfAction
ORDER BY Span, OfToken, OfWorkspace, OfMeter, OfAction
LIMIT @Limit
