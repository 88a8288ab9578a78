-- Puts a token in place that was loaded from SQL, under an epoch that nobody else was given.
--
-- KEYS   as in the prelude
-- ARGV   1 public id  2 nonce of this load; '' = a token just made, which no one can know yet
--        3 epoch  4 seq  5 remaining  6 total
--        7 row version  8 secret hash  9 active  10 type  11 expires, ms  12 limit  13 burst  14 window, s  15 owner
--        16 ring life, ms
-- REPLY  {'ok', ring sync, ring audit}   {'unknown'}  the token was deleted
--        {'lost'}  another load took over, or the keys were removed meanwhile
-- KEEPS  invariant 1: of several loads one wins, and only one whose SQL read came after it was announced; and 3 (the
--        chain holds): where the terms became those of a time token and nobody recorded that its quota is given up
--        (the admin's call died after SQL had the terms, or the token was cold), that is recorded here.

local h = call('HMGET', KEYS[6], 'deleted', 'loading', 'version')
if h[1] then return {'unknown'} end
if ARGV[2] == '' then
  if h[2] or h[3] then return {'lost'} end
elseif h[2] ~= ARGV[2] then
  return {'lost'}
end

call('HDEL', KEYS[6], 'loading', 'loading_since')
if not h[3] or tonumber(ARGV[7]) >= tonumber(h[3]) then
  call('HSET', KEYS[6], 'version', ARGV[7], 'secret', ARGV[8], 'active', ARGV[9], 'type', ARGV[10], 'expires', ARGV[11],
    'limit', ARGV[12], 'burst', ARGV[13], 'window', ARGV[14], 'owner', ARGV[15])
end

local now = now_ms()
local terms = call('HMGET', KEYS[6], 'type', 'owner')
local remaining, total = tonumber(ARGV[5]), tonumber(ARGV[6])
local given_up = nil
if terms[1] == 'time' then
  given_up, remaining, total = remaining, nil, nil
elseif not remaining then
  remaining, total = 0, 0
end

local seq = tonumber(ARGV[4]) + (given_up and 1 or 0)
call('HSET', KEYS[6], 'run', RUN, 'loaded', now, 'epoch', ARGV[3], 'seq', seq, 'total', total or '')
if remaining then
  call('SET', KEYS[5], remaining)
else
  call('DEL', KEYS[5])
end
local ring_sync, ring_audit = '0', '0'
if given_up then
  ring_sync, ring_audit = record(ARGV[1], terms[2], ARGV[3], seq, given_up, nil, nil, 'init', ARGV[2], now, ARGV[16])
end

if call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  call('PERSIST', KEYS[6])
else
  call('PEXPIRE', KEYS[5], TOKEN_LIFE)
  call('PEXPIRE', KEYS[6], TOKEN_LIFE)
end
return {'ok', ring_sync, ring_audit}
