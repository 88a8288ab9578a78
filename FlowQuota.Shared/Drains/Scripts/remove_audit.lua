-- Removes audit events that SQL has committed, if the drain that wrote them still holds the lease.
--
-- KEYS   1 outbox:audit  2 lease:audit
-- ARGV   1 owner of the lease  2 its new time to live, ms  3 number of events
-- REPLY  {'ok'}  {'lost'}  the lease is another drain's, or this is another run of the server
-- KEEPS  invariant 2: exactly the events that were written are removed, once. After a restart or a fail-over the outbox may
--        begin with other events than those that were read.

if call('GET', KEYS[2]) ~= lease_of(ARGV[1]) then return {'lost'} end
call('LTRIM', KEYS[1], ARGV[3], -1)
call('PEXPIRE', KEYS[2], ARGV[2])
return {'ok'}
