-- Keeps @completeUntil as the time up to which every log row is counted.
UPDATE usage_state SET complete_until = @completeUntil WHERE id = 1
