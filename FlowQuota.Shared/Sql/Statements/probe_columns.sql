-- Reads every column of every table, and no row. Fails if the schema is not this version's.
SELECT t.id, t.ws_id, t.email, t.access_token, t.secret_hash, t.created_at, t.expires_at, t.operation_type, t.is_active,
       t.rate_limit_per_minute, t.rate_limit_burst, t.rate_limit_window_seconds, t.quota_type, t.total_quota, t.remaining_quota,
       t.quota_synced_at, t.updated_at, t.quota_epoch, t.synced_epoch, t.synced_seq, t.row_version, t.period_rule, t.period_state,
       t.reserved_quota, t.rotation, t.rotated_at, t.previous_secret_hash, t.previous_valid_until,
       t.name, t.tags, t.metadata, t.remaining_band, t.remaining_percent, g.tag, g.token_row,
       l.id, l.token, l.ws_id, l.email, l.quota_before, l.quota_after, l.quota_change, l.action, l.request_id, l.execution_success,
       l.execution_error_type, l.execution_error_message, l.created_at, l.epoch, l.seq, l.total_after,
       l.effective_at, l.period, l.period_state, l.reservation_id, l.idempotency_key, l.meter, l.actor,
       d.id, d.payload, d.payload_hash, d.reason, d.created_at,
       r.id, r.started_at, r.completed_at, r.retention_days, r.deleted_count,
       k.token, k.key_hash, k.fingerprint, k.request_id, k.epoch, k.seq, k.result, k.created_at,
       s.name, s.value, s.created_at,
       v.token, v.reservation_id, v.state, v.amount, v.created_at, v.expires_at, v.ended_at, v.consumed, v.released, v.uncovered, v.is_late,
       v.period, v.period_units, v.meter, v.epoch, v.seq,
       u.starts_at, u.token, u.meter, u.action, u.ws_id, u.changes, u.quota_change, u.failed,
       o.starts_at, o.meter, o.action, o.changes, o.quota_change, o.failed,
       n.starts_at, n.token, n.ws_id, n.refused_quota, n.refused_rate,
       f.starts_at, p.id, p.complete_until, p.scanned_id, p.seen_id
FROM access_tokens AS t, token_quota_logs AS l, quota_dead_letters AS d, quota_cleanup_runs AS r,
     idempotency_keys AS k, shared_settings AS s, quota_reservations AS v, token_tags AS g,
     usage_hourly AS u, usage_totals AS o, usage_refusals AS n, usage_stale AS f, usage_state AS p
WHERE 1 = 0
