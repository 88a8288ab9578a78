-- Notes that quarters of an hour are to be counted again.
INSERT IGNORE INTO usage_stale (starts_at)
VALUES
/* rows */
