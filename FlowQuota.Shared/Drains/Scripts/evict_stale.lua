-- Removes a loaded state that is older than SQL's: a later epoch was used elsewhere, or Redis lost its last writes.
--
-- KEYS   1 quota:<id>  2 token:<id>  3 outbox:sync
-- ARGV   1 public id  2 epoch in SQL  3 seq in SQL
-- REPLY  {'evicted'}  a cold load follows with the next call   {'kept'}  the state is newer
-- KEEPS  invariants 1 and 4.

local function older(epoch, seq)
  epoch, seq = tonumber(epoch), tonumber(seq)
  local sql_epoch, sql_seq = tonumber(ARGV[2]), tonumber(ARGV[3])
  return epoch and (epoch < sql_epoch or (epoch == sql_epoch and seq < sql_seq))
end

local pending = call('HGET', KEYS[3], ARGV[1])
if pending then
  local epoch, seq = string.match(pending, '^(%d+):(%d+):')
  if older(epoch, seq) then call('HDEL', KEYS[3], ARGV[1]) end
end
local h = call('HMGET', KEYS[2], 'epoch', 'seq')
if not older(h[1], h[2]) then return {'kept'} end
call('DEL', KEYS[1])
call('HDEL', KEYS[2], 'run', 'epoch', 'seq', 'total', 'period', 'due')
return {'evicted'}
