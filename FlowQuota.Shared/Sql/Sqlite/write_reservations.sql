-- Writes the reservations in @Reservations (JSON: [{"token","id","state","amount","at","expires_at", ...}, ...], in the order of their
-- changes), each as it is after its change, unless the stored row shows a later one. WHERE true, because SQLite would take
-- ON for a join.
INSERT INTO quota_reservations (token, reservation_id, state, amount, created_at, expires_at, ended_at, consumed, released, uncovered, is_late,
    period, period_units, meter, epoch, seq)
SELECT r.value ->> 'token', r.value ->> 'id', r.value ->> 'state', r.value ->> 'amount', r.value ->> 'at', r.value ->> 'expires_at',
    r.value ->> 'ended_at', r.value ->> 'consumed', r.value ->> 'released', r.value ->> 'uncovered', r.value ->> 'is_late',
    r.value ->> 'period', r.value ->> 'period_units', r.value ->> 'meter', r.value ->> 'epoch', r.value ->> 'seq'
FROM json_each(@Reservations) AS r
WHERE true
ON CONFLICT (token, reservation_id) DO UPDATE SET
    state = excluded.state,
    ended_at = excluded.ended_at,
    consumed = excluded.consumed,
    released = excluded.released,
    uncovered = excluded.uncovered,
    is_late = excluded.is_late,
    epoch = excluded.epoch,
    seq = excluded.seq
WHERE (excluded.epoch, excluded.seq) > (quota_reservations.epoch, quota_reservations.seq)
