-- Appends audit events (what became of calls) to the outbox.
--
-- KEYS   1 outbox:audit  2 ring:audit
-- ARGV   1 ring life, ms  2.. events
-- REPLY  {'ok', ring audit}

local waiting, added = call('RPUSH', KEYS[1], unpack(ARGV, 2)), #ARGV - 1
-- As in record(): due when the outbox was empty, and now and then for a doorbell that was lost.
local asks = waiting == added or math.floor(waiting / 16) > math.floor((waiting - added) / 16)
return {'ok', asks and ring(KEYS[2], ARGV[1]) or '0'}
