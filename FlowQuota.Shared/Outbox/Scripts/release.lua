-- Ends a drain: gives the lease back once nothing waits any more.
--
-- KEYS   1 lease  2 ring  3 outbox
-- ARGV   1 owner of the lease  2 'drained' = only if the outbox is empty, 'anyway' = in any case
-- REPLY  {'released'}  {'more'}  something came meanwhile: go on   {'lost'}  the lease went to another drain
-- KEEPS  no lost wake-up: the look, the ring and the lease are one step, so whatever comes later rings again.

if call('GET', KEYS[1]) ~= ARGV[1] then return {'lost'} end
if ARGV[2] == 'drained' then
  if call('EXISTS', KEYS[3]) == 1 then return {'more'} end
  call('DEL', KEYS[2])
end
call('DEL', KEYS[1])
return {'released'}
