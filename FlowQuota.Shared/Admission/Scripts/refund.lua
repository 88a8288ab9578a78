-- Returns the units of an admitted call because the service failed it.
--
-- KEYS   as in the prelude; 7 idem:<id>:<hash>, remembers the refund, or the attempts of a call that was admitted under a key
-- ARGV   1 public id  2 units  3 request id  4 time to live of a ring, ms  5 how long the refund is remembered, ms
--        6 a time in the period in which the call was admitted, ms; '' = the present one
--        7 name of the attempt of a call that was admitted under a key
-- REPLY  {'ok', ring sync, ring audit}  {'cold'}  the token is not loaded, or its period is over
--        {'done'}  an earlier run refunded under this key
--        {'none'}  the token is deleted, has no quota, or was reset since, so that nothing is missing; or the attempt was not
--                  admitted, or was refunded; or another attempt was admitted under the same key and keeps the charge
-- KEEPS  invariants 2 and 3; 10: what comes back to a period that is over lapses at once; consumed never falls below 0; a
--        refund is made once under its key, however often it is tried; a charge under a key is refunded with the last
--        of its attempts, and the same run deletes the key.

-- What the key says without this attempt; nil = the call was not admitted under one.
local others
if ARGV[7] then
  others = without_attempt(KEYS[7], ARGV[7])
  if not others then return {'none'} end
elseif call('EXISTS', KEYS[7]) == 1 then
  return {'done'}
end

local now = now_ms()
local h = call('HMGET', KEYS[6], 'run', 'deleted', 'type', 'owner', 'epoch', 'seq', 'total', 'period', 'due')
if h[2] then return {'none'} end
if h[1] ~= RUN or is_over(h[9], now) then return {'cold'} end
local before = tonumber(call('GET', KEYS[5]))
if h[3] ~= 'time' and not before then return {'cold'} end

if others and keeps_charge(KEYS[7], others) or h[3] == 'time' then return {'none'} end

local total, period = tonumber(h[7]), h[8] or nil
local number, starts
if period then number, starts = read_period(period) end
local lapses = period and ARGV[6] ~= '' and tonumber(ARGV[6]) < tonumber(starts)
-- Also what lapses is in the balance for a moment.
read_holds(h[9])
local units = math.min(tonumber(ARGV[2]), (lapses and MOST or total - (held or 0)) - before)
if units <= 0 then return {'none'} end

local seq = tonumber(h[6]) + 1
local function change(at, from, to, action, note)
  record(ARGV[1], h[4], h[5], at, from, to, total, period, action, ARGV[3], now, ARGV[4], note, true)
end
change(seq, before, before + units, 'refund')
if lapses then
  seq = seq + 1
  change(seq, before + units, before, 'expire', ',"effective_at":' .. starts .. ',"period":' .. text(number - 1))
end
call('HSET', KEYS[6], 'seq', seq)
if not others then call('SET', KEYS[7], 'refunded', 'PX', ARGV[5]) end
return {'ok', ring_sync, ring_audit}
