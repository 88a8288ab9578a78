-- Reads usage over all tokens; the parameters and the marker are those of read_usage.sql.
SELECT s.value ->> 'n' AS Span,
    CASE WHEN @ByMeter THEN u.meter END AS OfMeter, CASE WHEN @ByAction THEN u.action END AS OfAction,
    SUM(u.changes) AS Changes, SUM(u.quota_change) AS QuotaChange, SUM(u.failed) AS Failed,
    SUM(CASE WHEN u.action = 'consume' THEN u.changes ELSE 0 END) AS Calls,
    -SUM(CASE WHEN u.action = 'consume' THEN u.quota_change ELSE 0 END) AS Units,
    SUM(CASE WHEN u.action = 'refund' THEN u.quota_change ELSE 0 END) AS Refunded
FROM json_each(@Spans) AS s
CROSS JOIN usage_totals AS u ON u.starts_at >= s.value ->> 'from' AND u.starts_at < s.value ->> 'until'
/* where */
GROUP BY Span, OfMeter, OfAction
ORDER BY Span, OfMeter, OfAction
LIMIT @Limit
