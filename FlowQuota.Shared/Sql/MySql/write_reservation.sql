-- Writes a reservation as it is after the change at @Epoch, @Seq, unless the stored row shows a later change. The position
-- last, because an assignment sees those before it.
INSERT INTO quota_reservations (token, reservation_id, state, amount, created_at, expires_at, ended_at, consumed, released, uncovered, is_late,
    period, period_units, meter, epoch, seq)
VALUES (@Token, @Id, @State, @Amount, @At, @ExpiresAt, @EndedAt, @Consumed, @Released, @Uncovered, @IsLate,
    @Period, @PeriodUnits, @Meter, @Epoch, @Seq)
ON DUPLICATE KEY UPDATE
    state = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(state), state),
    ended_at = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(ended_at), ended_at),
    consumed = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(consumed), consumed),
    released = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(released), released),
    uncovered = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(uncovered), uncovered),
    is_late = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(is_late), is_late),
    seq = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(seq), seq),
    epoch = GREATEST(epoch, VALUES(epoch))
