-- Appends audit events (what became of calls) to the outbox.
--
-- KEYS   1 outbox:audit  2 ring:audit
-- ARGV   1 ring life, ms  2 run under which the calls were admitted  3.. events
-- REPLY  {'ok', ring audit}
-- KEEPS  counter and record are lost together: where the server is another run since, it may have forgotten the call, and
--        its outcome, which is a whole record, must not bring back one of the two. It is late: it fills in and adds none.

if ARGV[2] ~= RUN then
  for i = 3, #ARGV do ARGV[i] = string.sub(ARGV[i], 1, -2) .. ',"late":true}' end
end
local waiting, added = call('RPUSH', KEYS[1], unpack(ARGV, 3)), #ARGV - 2
-- As in record(): due when the outbox was empty, and now and then for a doorbell that was lost.
local asks = waiting == added or math.floor(waiting / 16) > math.floor((waiting - added) / 16)
return {'ok', asks and ring(KEYS[2], ARGV[1]) or '0'}
