-- Reads reservations that meet the conditions that stand in for the marker (@tokenId, @reservationId): the open ones first, then
-- the newest, at most @limit.
SELECT reservation_id AS Id, state AS State, amount AS Amount, expires_at AS ExpiresAt, ended_at AS EndedAt, consumed AS Consumed,
    released AS Released, uncovered AS Uncovered, is_late AS IsLate, period AS Period, period_units AS PeriodUnits, meter AS Meter
FROM quota_reservations
/* where */
ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, expires_at DESC, reservation_id
LIMIT @limit
