-- Removes the counts of refused calls from @From to before @Until.
DELETE FROM usage_refusals WHERE starts_at >= @From AND starts_at < @Until
