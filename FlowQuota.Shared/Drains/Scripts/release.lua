-- Ends a drain: releases the lease if the outbox is empty.
--
-- KEYS   1 lease  2 ring  3 outbox
-- ARGV   1 owner of the lease  2 'drained' = only if the outbox is empty, 'anyway' = in any case
-- REPLY  {'released'}  {'more'}  a change came in between: continue   {'lost'}  the lease is another drain's, or this is another run of the server
-- KEEPS  no lost wake-up: check, ring and lease are one step, so any later change rings again.

if call('GET', KEYS[1]) ~= lease_of(ARGV[1]) then return {'lost'} end
if ARGV[2] == 'drained' then
  if call('EXISTS', KEYS[3]) == 1 then return {'more'} end
  call('DEL', KEYS[2])
end
call('DEL', KEYS[1])
return {'released'}
