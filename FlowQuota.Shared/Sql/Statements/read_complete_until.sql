-- Reads up to when every log row is counted; NULL = nothing was rolled up yet.
SELECT complete_until FROM usage_state WHERE id = 1
