-- Ends a hold, or looks at it: commits or cancels it, ends it when its time is over, or undoes a reservation whose answer was
-- lost.
--
-- KEYS   as in the prelude; 7 holds:<id>, the open holds  8 hold:<id>:<reservation>, one that ended
--        9 idem:<id>:<hash>, of a reservation that was made under a key and is to be undone
-- ARGV   1 public id  2 request id  3 time to live of a ring, ms
--        4 secret hash in hex; '' = the service itself asks   5 reservation   6 look, commit, cancel, expire or undo
--        7 units that were used, of a commit   8 'refuse' = not if they are more than are held
--        9 how long an ended hold is remembered, ms   10 further fields of the events: the caller's key
--        11 state of a hold that ended, as SQL has it; '' = not known   12 name of the attempt that is to be undone
-- REPLY  {'ok', state, remaining, total, period, ring sync, ring audit}   state as Reservation reads it
--        {'again', …}     as 'ok': it was so before, and nothing changed
--        {'ended', …}     as 'ok': it ended otherwise: a commit after a cancel, a cancel after a commit
--        {'mismatch', …}  as 'ok': an earlier commit said that other units were used
--        {'overrun', …}   as 'ok': more were used than are held, and the hold stays
--        {'none'}   Redis knows no such hold   {'denied'}  'unknown'   {'cold'}  the token is not loaded, or is past its due
-- KEEPS  12 (a hold ends exactly once): its end is a step from open in one run; and 2, 3, 10. What comes back to a period that
--        is over lapses at once, and what of it was bought comes back to the present one.

local now = now_ms()
local operation = ARGV[6]
local h = call('HMGET', KEYS[6], 'run', 'deleted', 'type', 'owner', 'epoch', 'seq', 'total', 'period', 'due', 'secret')
if h[2] then return {'unknown'} end
local remaining = tonumber(call('GET', KEYS[5]))
if h[1] ~= RUN or h[3] ~= 'time' and not remaining then return {'cold'} end
if ARGV[4] ~= '' and h[10] ~= ARGV[4] and not is_earlier_secret(KEYS[6], ARGV[4], now) then return {'denied'} end

local total, period = tonumber(h[7]), h[8] or nil
read_holds(h[9])
local number, period_ends
if period then
  local _
  number, _, period_ends = read_period(period)
  period_ends = tonumber(period_ends)
end

local found = call('HGET', KEYS[7], ARGV[5])
local state = found or call('GET', KEYS[8]) or ARGV[11] ~= '' and ARGV[11]
local function reply(word, state)
  return {word, state, remaining or '', granted(total, held) or '', period or '', ring_sync, ring_audit}
end

if operation == 'expire' then
  -- The holds of a period end before it does.
  if not found or select(2, read_hold(found)) > math.min(now, period_ends or now) then return {'none'} end
elseif is_over(h[9], now) then
  return {'cold'}
elseif operation == 'undo' then
  local others = KEYS[9] and without_attempt(KEYS[9], ARGV[12])
  if KEYS[9] and (not others or keeps_charge(KEYS[9], others)) or not found then return {'none'} end
elseif not state then
  return {'none'}
end
if operation == 'look' then return reply('ok', state) end

local word, ends, amount, paid_by, units, meter = read_hold(state)
local asked = tonumber(ARGV[7])
local is_late = word == 'expired' and operation == 'commit' and now <= ends + tonumber(ARGV[9])
if word == 'committed' then
  if operation ~= 'commit' then return reply('ended', state) end
  local consumed, uncovered = string.match(state, '^%a+:%d+:%d+:%d+:%d+:(%d+):%d+:(%d+):')
  return reply(tonumber(consumed) + tonumber(uncovered) == asked and 'again' or 'mismatch', state)
elseif not found and not is_late then
  return reply(operation == 'cancel' and 'again' or 'ended', state)
end

-- What was used comes from the hold first, then from what is left.
local free, left = found and amount or 0, remaining or 0
local used = operation == 'commit' and asked or 0
if used > free and ARGV[8] == 'refuse' and not (is_late and used <= left) then return reply('overrun', state) end
local consumed = math.min(used, free + left)
local of_hold = math.min(consumed, free)

-- A hold that is not of the present period: of its units, that period's are used first, and what was bought comes back.
local is_old = found and period and paid_by ~= number
if found and held and not is_old then held = math.max(0, held - free) end
local back
if is_old then
  back = math.min(free - of_hold, free - units, MOST - total)
else
  -- Less than what is not used only if the quota was given up meanwhile.
  back = math.min(free - of_hold, math.max(0, (total or 0) - left - (held or 0) - of_hold))
end

local words = {commit = 'committed', cancel = 'cancelled', undo = 'cancelled', expire = 'expired'}
local ended = words[operation] .. ':' .. text(ends) .. ':' .. text(amount) .. ':' .. text(paid_by) .. ':' .. text(units) .. ':'
  .. text(consumed) .. ':' .. text(amount - of_hold) .. ':' .. text(used - consumed) .. ':'
  .. (is_late and '1' or '0') .. ':' .. text(operation == 'expire' and ends or now) .. ':' .. meter

local seq, first = tonumber(h[6]), tonumber(h[6]) + 1
local note = ',"reservation_id":"' .. ARGV[5] .. '"' .. ARGV[10] .. (meter ~= '' and ',"meter":"' .. meter .. '"' or '')
local function change(units, action, more, states_grant)
  local before = remaining
  seq, remaining = seq + 1, remaining and remaining + units
  record(ARGV[1], h[4], h[5], seq, before, remaining, total, period, action, ARGV[2], now, ARGV[3],
    note .. (seq == first and ',"hold":"' .. ended .. '"' or '') .. (more or ''), not states_grant)
end

if found then
  call('HDEL', KEYS[7], ARGV[5])
  local keeps = held
  sum_holds(KEYS[7], period)
  held = held and keeps
end
if remaining and is_old and back > 0 then
  local index, starts, closes, grant, bought = read_period(period)
  total, period = total + back, period_of(index, starts, closes, grant, math.min(bought, remaining) + back)
  change(back, 'release', nil, true)
  free, back = free - back, 0
end
-- A token that has no quota any more has nothing to give back, and its row says just how the hold ended.
if free > 0 then change(free, 'release') end
if remaining and free > of_hold + back then
  change(of_hold + back - free, 'expire',
    period and ',"effective_at":' .. select(2, read_period(period)) .. ',"period":' .. text(number - 1) or '')
end
if consumed > 0 then change(-consumed, 'consume') end
call('HSET', KEYS[6], 'seq', seq, 'total', total or '')
keep_period(KEYS[6], period)
if found then
  call('HSET', KEYS[7], 'at', h[5] .. ' ' .. text(seq))
  if not hold_ends then call('PEXPIRE', KEYS[7], TOKEN_LIFE) end
end
call('SET', KEYS[8], ended, 'PX', ARGV[9])
return reply('ok', ended)
