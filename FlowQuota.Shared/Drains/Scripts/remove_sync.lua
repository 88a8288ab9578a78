-- Removes values that SQL has committed and that no newer one replaced, if the drain still holds the lease.
--
-- KEYS   1 outbox:sync  2 lease:sync  then for each value: quota:<id>
-- ARGV   1 owner of the lease  2 its new time to live, ms  then for each value its public id; then the values
-- REPLY  {'ok'}  {'lost'}
-- KEEPS  invariant 4. A quota that no longer waits for SQL may expire again.

if call('GET', KEYS[2]) ~= lease_of(ARGV[1]) then return {'lost'} end
call('PEXPIRE', KEYS[2], ARGV[2])
local count, written = #KEYS - 2, {}
local waiting = call('HMGET', KEYS[1], unpack(ARGV, 3, 2 + count))
for i = 1, count do
  if waiting[i] == ARGV[2 + count + i] then
    written[#written + 1] = ARGV[2 + i]
    call('PEXPIRE', KEYS[2 + i], TOKEN_LIFE)
  end
end
if #written > 0 then call('HDEL', KEYS[1], unpack(written)) end
return {'ok'}
