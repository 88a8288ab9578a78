-- Removes the usage by token from @From to before @Until.
DELETE FROM usage_hourly WHERE starts_at >= @From AND starts_at < @Until
