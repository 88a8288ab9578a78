-- The quarter of an hour that starts at @start is counted.
DELETE FROM usage_stale WHERE starts_at = @start
