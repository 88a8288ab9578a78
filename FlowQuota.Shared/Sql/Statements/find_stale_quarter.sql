-- Reads the oldest quarter of an hour that is to be counted again; NULL if there is none.
SELECT MIN(starts_at) FROM usage_stale
