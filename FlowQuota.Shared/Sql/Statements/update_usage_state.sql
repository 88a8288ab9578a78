-- Keeps how far log rows were looked at. The newest ones are looked at twice, because a transaction may commit rows with lower ids later.
UPDATE usage_state SET scanned_id = @ScannedId, seen_id = @SeenId WHERE id = 1
