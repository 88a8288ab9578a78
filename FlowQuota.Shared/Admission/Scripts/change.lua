-- Puts an admin's change into force: the terms, unless Redis has newer ones, and the quota, once.
--
-- KEYS   as in the prelude; 7 idem:<id>:<hash>, remembers the change of the quota
-- ARGV   1 public id  2 request id  3 time to live of a ring, ms
--        4 operation: none, add, set, reset   5 amount; '' = none given
--        6 row version  7 secrets  8 active  9 type  10 expires, ms  11 limit  12 burst  13 window, s  14 owner
--        15 rule of the periods; '' = none  16 bounds of the first period, if it began now
--        17 fingerprint; '' = the change is not remembered   18 how long it is remembered, ms
--        19 further fields of the event of the operation; '' = none
-- REPLY  {'ok', remaining, total, ring sync, ring audit, epoch, seq, events, period}   total as granted writes it; events, one a line; '' = the quota did not change
--        {'done', remaining, total, ring sync, ring audit, epoch, seq}   an earlier run changed the quota under this key to
--                       these values; the terms are in force
--        {'mismatch'}   an earlier run made another change under this key
--        {'cold'}       the change needs a quota that is not loaded, or whose period or hold is over
--        {'unknown'}    the token was deleted
--        {'unmetered'}  a quota operation on a token without a quota
--        {'unset'}      a reset without an amount on a token that never had one
--        {'overflow'}   more than 2,147,483,647 calls
-- KEEPS  invariants 2, 3, 7 and 15 (a change is applied once: change and key are one step, and are lost together);
--        consumed = total - remaining, never negative. What was bought is used last, and a period's end leaves it.

local operation, amount = ARGV[4], tonumber(ARGV[5])

-- Remembered: fingerprint, state, epoch, seq, remaining, total.
local done
if operation ~= 'none' and ARGV[17] ~= '' then
  local known = call('GET', KEYS[7])
  if known then
    local fingerprint, epoch, seq, remaining, total = string.match(known, '^(%x+) done (%d+) (%d+) (%d*) (%d*)$')
    if fingerprint ~= ARGV[17] then return {'mismatch'} end
    operation, done = 'none', {'done', remaining, total, '0', '0', epoch, seq}
  end
end

local now = now_ms()
local h = call('HMGET', KEYS[6], 'run', 'deleted', 'version', 'type', 'epoch', 'seq', 'total', 'owner', 'rule', 'period', 'due')
if h[2] then return {'unknown'} end

local newer = not h[3] or tonumber(ARGV[6]) >= tonumber(h[3])
local type = newer and ARGV[9] or h[4]
local rule = newer and ARGV[15] or h[9] or ''
local before = tonumber(call('GET', KEYS[5]))
local hot = h[1] == RUN and (before or h[4] == 'time')
read_holds(h[11])
if hot and hold_ends and now >= hold_ends then return {'cold'} end
-- The next period begins by the new rule. If there is none any more, the old one begins it first, and then the periods end.
local is_late = hot and is_over(h[11], now) and type ~= 'time'
if is_late and rule == '' and h[9] then return {'cold'} end
local waits_for_turn = is_late and rule ~= ''
if operation ~= 'none' then
  if type == 'time' then return {'unmetered'} end
  if not hot or waits_for_turn then return {'cold'} end
end

-- What is to be recorded: the quota in line with its terms, then the operation.
local changes, total, period = {}, tonumber(h[7]), h[10] or nil
local quota = before
local function change(new)
  changes[#changes + 1] = {before = quota, new = new}
  quota, total, period = new.after, new.total, new.period
end

local function with_bought(bought)
  if not period then return nil end
  local number, starts, ends, granted = read_period(period)
  return period_of(number, starts, ends, granted, bought)
end

if hot and not waits_for_turn then
  local new = settle(type, rule, ARGV[16], quota, total, period)
  if new then change(new) end
  if operation ~= 'none' or (type ~= 'time' and not quota) then
    local had, of = quota or 0, total or 0
    -- How many of the units that are left were bought.
    local bought = period and math.min(had, (select(5, read_period(period)))) or 0
    if operation == 'add' then
      change({action = 'recharge', after = had + amount, total = of + amount, period = with_bought(bought + amount)})
    elseif operation == 'set' then
      change({action = 'recharge', after = amount, total = of - had + amount, period = with_bought(math.min(bought, amount))})
    elseif operation == 'reset' then
      if not amount and of == 0 then return {'unset'} end
      -- What is held stays held: it counts against the new quota.
      local all = math.max(amount or of, held or 0)
      local left = all - (held or 0)
      change({action = 'init', after = left, total = all, period = with_bought(math.min(bought, left))})
    else
      change({action = 'init', after = 0, total = 0})
    end
    if ARGV[19] ~= '' then changes[#changes].new.note = ARGV[19] end
    if quota > MOST or total > MOST then return {'overflow'} end
  end
end

if newer then
  keep_terms(KEYS[6], 6)
  call('HSET', KEYS[6], 'loaded', now)
  if not h[3] then call('PEXPIRE', KEYS[6], TOKEN_LIFE) end
  -- A quota that Redis has lost must not pass for one that a time token never had: the token stays cold.
  if not hot and not before then call('HDEL', KEYS[6], 'run', 'epoch', 'seq', 'total', 'period', 'due') end
end

local epoch, seq = h[5] or '', h[6] or ''
local events = {}
for _, step in ipairs(changes) do
  seq = tonumber(seq) + 1
  local new = step.new
  events[#events + 1] = record(ARGV[1], newer and ARGV[14] or h[8], epoch, seq, step.before, new.after, new.total, new.period,
    new.action, ARGV[2], now, ARGV[3], new.note)
end
if #changes > 0 then
  call('HSET', KEYS[6], 'seq', seq, 'total', total or '')
  keep_period(KEYS[6], period)
end
if operation ~= 'none' and ARGV[17] ~= '' then
  call('SET', KEYS[7], ARGV[17] .. ' done ' .. epoch .. ' ' .. seq .. ' ' .. (quota or '') .. ' ' .. (total or ''), 'PX', ARGV[18])
end
if done then
  done[4], done[5] = ring_sync, ring_audit
  return done
end
return {'ok', quota or '', granted(total, held) or '', ring_sync, ring_audit, epoch, seq, table.concat(events, '\n'), period or ''}
