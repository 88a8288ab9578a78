-- Removes the usage over all tokens from @From to before @Until.
DELETE FROM usage_totals WHERE starts_at >= @From AND starts_at < @Until
