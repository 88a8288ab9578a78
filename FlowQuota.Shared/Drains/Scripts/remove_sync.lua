-- Removes values that SQL has committed and that no newer one replaced, if the drain still holds the lease.
--
-- KEYS   1 outbox:sync  2 lease:sync  then for each value: quota:<id>, token:<id>
-- ARGV   1 owner of the lease  2 its new time to live, ms  then for each value: public id, value
-- REPLY  {'ok'}  {'lost'}
-- KEEPS  invariant 4. A token that no longer waits for SQL may expire again.

if call('GET', KEYS[2]) ~= lease_of(ARGV[1]) then return {'lost'} end
call('PEXPIRE', KEYS[2], ARGV[2])
for i = 3, #ARGV, 2 do
  if call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    call('HDEL', KEYS[1], ARGV[i])
    call('PEXPIRE', KEYS[i], TOKEN_LIFE)
    call('PEXPIRE', KEYS[i + 1], TOKEN_LIFE)
  end
end
return {'ok'}
