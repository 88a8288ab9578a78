-- Deletes the reservations whose time was over before @before.
DELETE FROM quota_reservations WHERE expires_at < @before
