-- Appends audit events (what became of calls) to the outbox.
--
-- KEYS   1 outbox:audit  2 ring:audit
-- ARGV   1 ring life, ms  2.. events
-- REPLY  {'ok', ring audit}

redis.call('RPUSH', KEYS[1], unpack(ARGV, 2))
return {'ok', redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1]) and '1' or '0'}
