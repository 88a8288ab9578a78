-- Gives the units of an admitted call back, because the platform was at fault.
--
-- KEYS   as in the prelude
-- ARGV   1 public id  2 units  3 request id  4 ring life, ms
-- REPLY  {'ok', ring sync, ring audit}  {'cold'}
--        {'none'}  the token is gone, has no quota, or was reset meanwhile so that nothing is missing
-- KEEPS  invariants 2 and 3; consumed never falls below 0.

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
return {'ok', ring_sync, ring_audit}
