-- Removes audit events that SQL has committed, if the drain that wrote them still holds the lease.
--
-- KEYS   1 outbox:audit  2 lease:audit
-- ARGV   1 owner of the lease  2 its new life, ms  3 number of events
-- REPLY  {'ok'}  {'lost'}  the lease went to another drain, which removes them itself
-- KEEPS  invariant 2: exactly what was written is removed, once.

if call('GET', KEYS[2]) ~= ARGV[1] then return {'lost'} end
call('LTRIM', KEYS[1], ARGV[3], -1)
call('PEXPIRE', KEYS[2], ARGV[2])
return {'ok'}
