-- Puts a token in place that was loaded from SQL, under an epoch that nobody else was given.
--
-- KEYS   1 quota:<id>  2 token:<id>  3 outbox:sync
-- ARGV   1 public id  2 nonce of this load; '' = a token just made, which no one can know yet
--        3 epoch  4 seq  5 remaining  6 total
--        7 row version  8 secret hash  9 active  10 type  11 expires, ms  12 limit  13 burst  14 window, s  15 owner
-- REPLY  {'ok'}  {'lost'}  another load took over, or the keys were removed meanwhile   {'unknown'}  the token was deleted
-- KEEPS  invariant 1: of several loads one wins, and only one whose SQL read came after it was announced.

local h = call('HMGET', KEYS[2], 'deleted', 'loading', 'version')
if h[1] then return {'unknown'} end
if ARGV[2] == '' then
  if h[2] or h[3] then return {'lost'} end
elseif h[2] ~= ARGV[2] then
  return {'lost'}
end

call('HDEL', KEYS[2], 'loading', 'loading_since')
if not h[3] or tonumber(ARGV[7]) >= tonumber(h[3]) then
  call('HSET', KEYS[2], 'version', ARGV[7], 'secret', ARGV[8], 'active', ARGV[9], 'type', ARGV[10], 'expires', ARGV[11],
    'limit', ARGV[12], 'burst', ARGV[13], 'window', ARGV[14], 'owner', ARGV[15])
end
call('HSET', KEYS[2], 'run', RUN, 'loaded', now_ms(), 'epoch', ARGV[3], 'seq', ARGV[4], 'total', ARGV[6])
if ARGV[5] == '' then
  call('DEL', KEYS[1])
else
  call('SET', KEYS[1], ARGV[5])
end
if call('HEXISTS', KEYS[3], ARGV[1]) == 1 then
  call('PERSIST', KEYS[2])
else
  call('PEXPIRE', KEYS[1], TOKEN_LIFE)
  call('PEXPIRE', KEYS[2], TOKEN_LIFE)
end
return {'ok'}
