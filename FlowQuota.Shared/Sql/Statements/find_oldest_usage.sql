-- Reads the start of the oldest usage; NULL if there is none.
SELECT MIN(starts_at) FROM usage_totals
