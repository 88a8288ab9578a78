-- Gives the units of an admitted call back, because the platform was at fault.
--
-- KEYS   as in the prelude; 7 idem:<id>:<hash>, remembers the refund; absent = it is not remembered
-- ARGV   1 public id  2 units  3 request id  4 ring life, ms  5 for how long the refund is remembered, ms
-- REPLY  {'ok', ring sync, ring audit}  {'cold'}
--        {'done'}  an earlier run gave the units back under this key
--        {'none'}  the token is gone, has no quota, or was reset since, so that nothing is missing
-- KEEPS  invariants 2 and 3; consumed never falls below 0; a refund is made once under its key, however often it is tried.

if KEYS[7] and call('EXISTS', KEYS[7]) == 1 then return {'done'} end
local h = call('HMGET', KEYS[6], 'run', 'deleted', 'type', 'owner', 'epoch', 'seq', 'total')
if h[2] then return {'none'} end
if h[1] ~= RUN then return {'cold'} end
if h[3] == 'time' then return {'none'} end
local before = tonumber(call('GET', KEYS[5]))
if not before then return {'cold'} end

local total = tonumber(h[7])
local units = math.min(tonumber(ARGV[2]), total - before)
if units <= 0 then return {'none'} end

local seq = tonumber(h[6]) + 1
call('HSET', KEYS[6], 'seq', seq)
local ring_sync, ring_audit =
  record(ARGV[1], h[4], h[5], seq, before, before + units, total, 'refund', ARGV[3], now_ms(), ARGV[4])
if KEYS[7] then call('SET', KEYS[7], 'refunded', 'PX', ARGV[5]) end
return {'ok', ring_sync, ring_audit}
