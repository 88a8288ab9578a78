-- Counts the rows that stand in for the marker, which are limited.
SELECT COUNT(*) FROM (/* rows */) AS candidates
