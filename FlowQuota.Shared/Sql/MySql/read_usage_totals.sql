-- Reads usage over all tokens; the parameters and markers are those of read_usage.sql.
SELECT INTERVAL(TO_SECONDS(u.starts_at), /* starts */) - 1 AS Span,
    CASE WHEN @ByMeter THEN u.meter END AS OfMeter, CASE WHEN @ByAction THEN u.action END AS OfAction,
    SUM(u.changes) AS Changes, SUM(u.quota_change) AS QuotaChange, SUM(u.failed) AS Failed,
    SUM(CASE WHEN u.action = 'consume' THEN u.changes ELSE 0 END) AS Calls,
    -SUM(CASE WHEN u.action = 'consume' THEN u.quota_change ELSE 0 END) AS Units,
    SUM(CASE WHEN u.action = 'refund' THEN u.quota_change ELSE 0 END) AS Refunded
FROM usage_totals AS u
/* where */
GROUP BY Span, OfMeter, OfAction
ORDER BY Span, OfMeter, OfAction
LIMIT @Limit
