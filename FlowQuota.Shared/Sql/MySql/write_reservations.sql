-- Writes the reservations in @Reservations (JSON: [{"token","id","state","amount","at","expires_at", ...}, ...], in the order of their
-- changes), each as it is after its change, unless the stored row shows a later one. The position last, because an assignment
-- sees those before it.
INSERT INTO quota_reservations (token, reservation_id, state, amount, created_at, expires_at, ended_at, consumed, released, uncovered, is_late,
    period, period_units, meter, epoch, seq)
SELECT r.token, r.id, r.state, r.amount, r.at, r.expires_at, r.ended_at, r.consumed, r.released, r.uncovered, r.is_late,
    r.period, r.period_units, r.meter, r.of_epoch, r.of_seq
FROM JSON_TABLE(@Reservations, '$[*]' COLUMNS (
        token VARCHAR(64) PATH '$.token',
        id VARCHAR(64) PATH '$.id',
        state VARCHAR(16) PATH '$.state',
        amount INT PATH '$.amount',
        at DATETIME(3) PATH '$.at',
        expires_at DATETIME(3) PATH '$.expires_at',
        ended_at DATETIME(3) PATH '$.ended_at',
        consumed INT PATH '$.consumed',
        released INT PATH '$.released',
        uncovered INT PATH '$.uncovered',
        is_late INT PATH '$.is_late',
        period INT PATH '$.period',
        period_units INT PATH '$.period_units',
        meter VARCHAR(64) PATH '$.meter',
        of_epoch INT PATH '$.epoch',
        of_seq BIGINT PATH '$.seq')) AS r
ON DUPLICATE KEY UPDATE
    state = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(state), quota_reservations.state),
    ended_at = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(ended_at), quota_reservations.ended_at),
    consumed = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(consumed), quota_reservations.consumed),
    released = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(released), quota_reservations.released),
    uncovered = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(uncovered), quota_reservations.uncovered),
    is_late = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(is_late), quota_reservations.is_late),
    seq = IF((VALUES(epoch), VALUES(seq)) > (epoch, seq), VALUES(seq), seq),
    epoch = GREATEST(epoch, VALUES(epoch))
