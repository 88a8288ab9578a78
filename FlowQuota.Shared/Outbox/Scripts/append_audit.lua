-- Appends audit events (what became of calls) to the outbox.
--
-- KEYS   1 outbox:audit  2 ring:audit
-- ARGV   1 ring life, ms  2 run under which the calls were admitted  3.. events
-- REPLY  {'ok', ring audit}
-- KEEPS  counter and record are lost together: where the server is another run since, it may have forgotten the call, and
--        its outcome, which is a whole record, must not bring back one of the two. It is late: it fills in and adds none.

local events = {unpack(ARGV, 3)}
if ARGV[2] ~= RUN then
  for i = 1, #events do events[i] = string.sub(events[i], 1, -2) .. ',"late":true}' end
end
return {'ok', append(KEYS[1], events) and ring(KEYS[2], ARGV[1]) or '0'}
