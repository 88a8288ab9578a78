-- Returns the units of an admitted call because the service failed it.
--
-- KEYS   as in the prelude; 7 idem:<id>:<hash>, remembers the refund, or the attempts of a call that was admitted under a key;
--        then the keys of the items of a batch
-- ARGV   1 public id  2 units; '' = of a batch, whose key says how many  3 request id  4 time to live of a ring, ms
--        5 how long the refund is remembered, ms  6 a time in the period in which the call was admitted, ms; '' = the present one
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

local given_back = {{units = tonumber(ARGV[2]) or tonumber(string.match(others, ' (%d+) %S+$')), request = ARGV[3]}}
if others and keeps_charge(KEYS[7], others) then return {'none'} end
-- An item of a batch is given back with the last batch that answers for it, under the request that was charged.
local batch = string.sub(KEYS[7], -12)
for i = 8, #KEYS do
  local item = without_attempt(KEYS[i], batch)
  if item then
    local request, cost, made_by = string.match(item, '|%x+ %d+ %d+ %d+ %d+ (%S+) .* (%d+) (%x+)$')
    if keeps_charge(KEYS[i], item) then
      if made_by == batch then given_back[1].units = given_back[1].units - tonumber(cost) end
    elseif made_by ~= batch then
      given_back[#given_back + 1] = {units = tonumber(cost), request = request}
    end
  end
end
if h[3] == 'time' then return {'none'} end

local total, period, first, seq = tonumber(h[7]), h[8] or nil, tonumber(h[6]), tonumber(h[6])
local number, starts
if period then number, starts = read_period(period) end
local lapses = period and ARGV[6] ~= '' and tonumber(ARGV[6]) < tonumber(starts)
read_holds(h[9])
local remaining = before
local function change(units, action, request, note)
  local from = remaining
  seq, remaining = seq + 1, remaining + units
  record(ARGV[1], h[4], h[5], seq, from, remaining, total, period, action, request, now, ARGV[4], note, true)
end
for _, back in ipairs(given_back) do
  -- Also what lapses is in the balance for a moment.
  local units = math.min(back.units, (lapses and MOST or total - (held or 0)) - remaining)
  if units > 0 then
    change(units, 'refund', back.request)
    if lapses then change(-units, 'expire', back.request, ',"effective_at":' .. starts .. ',"period":' .. text(number - 1)) end
  end
end
if seq == first then return {'none'} end

call('HSET', KEYS[6], 'seq', seq)
if not others then call('SET', KEYS[7], 'refunded', 'PX', ARGV[5]) end
return {'ok', ring_sync, ring_audit}
