-- Keeps a setting. Fails if it is kept already.
INSERT INTO shared_settings (name, value, created_at) VALUES (@name, @value, @now)
