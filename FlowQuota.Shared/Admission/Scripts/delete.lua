-- Leaves a tombstone, so that no load that read SQL before the deletion brings the token back.
--
-- KEYS   1 quota:<id>  2 token:<id>  3 outbox:sync  4 holds:<id>
-- ARGV   1 public id  2 time to live of the tombstone, ms
-- REPLY  {'ok'}
-- KEEPS  invariant 7. Audit events that still wait are kept: each is complete in itself.

call('DEL', KEYS[1], KEYS[2], KEYS[4])
call('HSET', KEYS[2], 'deleted', '1')
call('PEXPIRE', KEYS[2], ARGV[2])
call('HDEL', KEYS[3], ARGV[1])
return {'ok'}
