-- Reads the start of the oldest usage; NULL if there is none.
SELECT MIN(starts_at)
FROM (SELECT MIN(starts_at) AS starts_at FROM usage_totals UNION ALL SELECT MIN(starts_at) FROM usage_refusals) AS oldest
