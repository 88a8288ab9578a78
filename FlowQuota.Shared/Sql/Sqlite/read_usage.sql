-- Reads usage by token in the buckets in @Spans (JSON: [{"n","from","until"}, ...]), in up to @Limit groups. The conditions that are asked
-- for (@From, @Until, @TokenId, @WorkspaceId, @Meter, @Tag) stand in for the marker.
SELECT s.value ->> 'n' AS Span,
    CASE WHEN @ByToken THEN u.token END AS OfToken, CASE WHEN @ByWorkspace THEN u.ws_id END AS OfWorkspace,
    CASE WHEN @ByMeter THEN u.meter END AS OfMeter, CASE WHEN @ByAction THEN u.action END AS OfAction,
    SUM(u.changes) AS Changes, SUM(u.quota_change) AS QuotaChange, SUM(u.failed) AS Failed,
    SUM(CASE WHEN u.action = 'consume' THEN u.changes ELSE 0 END) AS Calls,
    -SUM(CASE WHEN u.action = 'consume' THEN u.quota_change ELSE 0 END) AS Units,
    SUM(CASE WHEN u.action = 'refund' THEN u.quota_change ELSE 0 END) AS Refunded
FROM json_each(@Spans) AS s
CROSS JOIN usage_hourly AS u ON u.starts_at >= s.value ->> 'from' AND u.starts_at < s.value ->> 'until'
/* where */
GROUP BY Span, OfToken, OfWorkspace, OfMeter, OfAction
ORDER BY Span, OfToken, OfWorkspace, OfMeter, OfAction
LIMIT @Limit
