-- Appends audit events (outcomes of calls) to the outbox.
--
-- KEYS   1 outbox:audit  2 ring:audit
-- ARGV   1 time to live of the ring, ms  2 run under which the calls were admitted  3.. events
-- REPLY  {'ok', ring audit}
-- KEEPS  counter and event are lost together: if the server has restarted since, it may have lost the admission, and its
--        outcome, which is a complete event, must not restore one of the two. It is marked late: it fills in a row, adds none.

local events = {unpack(ARGV, 3)}
if ARGV[2] ~= RUN then
  for i = 1, #events do events[i] = string.sub(events[i], 1, -2) .. ',"late":true}' end
end
return {'ok', append(KEYS[1], events) and ring(KEYS[2], ARGV[1]) or '0'}
