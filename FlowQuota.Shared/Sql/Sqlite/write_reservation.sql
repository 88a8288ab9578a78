-- Writes a reservation as it is after the change at @Epoch, @Seq, unless the stored row shows a later change.
INSERT INTO quota_reservations (token, reservation_id, state, amount, created_at, expires_at, ended_at, consumed, released, uncovered, is_late,
    period, period_units, meter, epoch, seq)
VALUES (@Token, @Id, @State, @Amount, @At, @ExpiresAt, @EndedAt, @Consumed, @Released, @Uncovered, @IsLate,
    @Period, @PeriodUnits, @Meter, @Epoch, @Seq)
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
