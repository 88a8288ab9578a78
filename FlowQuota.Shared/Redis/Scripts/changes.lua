-- Precedes the scripts that make single changes or look at one token, after the prelude: how a change is recorded, and what a
-- period, holds and the terms do to a quota. Admissions do without it, because each function costs time in each run.

-- The most that a quota can be.
local MOST = 2147483647

-- '1' once the changes of this run made a doorbell due.
local ring_sync, ring_audit = '0', '0'

-- Units of the present quota that holds keep, and when the first hold ends; nil = there is no hold.
local held, hold_ends

-- Reads them from the field due.
local function read_holds(due)
  local units, ends = string.match(due or '', '^%d+ (%d+) (%d+)$')
  held, hold_ends = tonumber(units), tonumber(ends)
end

-- Records one change of the quota of KEYS 5 and 6: the audit event, the counter, the value to sync, and which doorbells are
-- due. A change with a note is synced even if there is no quota, unless keeps_grant. The event states the total and the period, unless
-- keeps_grant: the change leaves both as they were. Returns the event.
local function record(id, owner, epoch, seq, before, after, total, period, action, request, now, ring_life, note, keeps_grant)
  local change = (before or after) and text((after or 0) - (before or 0))
  local stated = total and not keeps_grant and ',"total":' .. text(total) .. (period and ',"period_state":"' .. period .. '"' or '') or ''
  local tail = event_tail(now, (note or '') .. stated)
  local event = event_of(event_head(id, owner, epoch), seq, before, after, event_middle(change, action), request, tail)
  local asks = append(KEYS[2], {event})
  if asks and ring(KEYS[4], ring_life) == '1' then ring_audit = '1' end
  if before or after or note and not keeps_grant then
    if after then call('SET', KEYS[5], after) else call('DEL', KEYS[5]) end
    local is_new = call('HSET', KEYS[1], id, value_to_sync(epoch, seq, after, after and granted(total, held), period)) == 1
    if (is_new or asks) and ring(KEYS[3], ring_life) == '1' then ring_sync = '1' end
  end
  return event
end

-- The parts of a period's state, 'number:starts:ends:amount:bought'.
local function read_period(state)
  local number, starts, ends, amount, bought = string.match(state, '^(%d+):(-?%d+):(%d+):(%d+):(%d+)$')
  return tonumber(number), starts, ends, tonumber(amount), tonumber(bought)
end

local function period_of(number, starts, ends, amount, bought)
  return text(number) .. ':' .. starts .. ':' .. ends .. ':' .. text(amount) .. ':' .. text(bought)
end

-- Stores the period of a token, nil = it has none, and when time next does something to its balance.
local function keep_period(token, period)
  local due = due_of(period and select(3, read_period(period)), held, hold_ends)
  if period then call('HSET', token, 'period', period) else call('HDEL', token, 'period') end
  if due then call('HSET', token, 'due', due) else call('HDEL', token, 'due') end
end

-- The state of a hold, as Reservation writes it: state:ends:amount:period:units of the period:consumed:released:uncovered:
-- late:ended:meter. period is the number of the period that pays for it, 0 = none; other units than that period's were bought.
local function read_hold(state)
  local word, ends, amount, period, units, meter = string.match(state, '^(%a+):(%d+):(%d+):(%d+):(%d+):%d+:%d+:%d+:%d:%d+:(.*)$')
  return word, tonumber(ends), tonumber(amount), tonumber(period), tonumber(units), meter
end

-- Reads held and hold_ends anew from the open holds, which are fields of a hash; its field 'at' is the position of their last
-- change.
local function sum_holds(key, period)
  held, hold_ends = nil, nil
  local number = period and read_period(period)
  local fields = call('HGETALL', key)
  for i = 1, #fields, 2 do
    if fields[i] ~= 'at' then
      local _, ends, amount, paid_by = read_hold(fields[i + 1])
      hold_ends = math.min(hold_ends or ends, ends)
      -- A hold over a boundary is paid by the old period.
      held = (held or 0) + ((not number or paid_by == number) and amount or 0)
    end
  end
end

-- Brings a quota in line with terms that are new to it. rule and first are the rule of the periods and the bounds of the first
-- one ('starts:ends'), '' = the token has none. Returns what to record; nil = the quota is in line.
local function settle(type, rule, first, before, total, period)
  if type == 'time' then
    held, hold_ends = nil, nil
    return before and {action = 'init'}
  elseif rule == '' then
    return period and {action = 'recharge', after = before, total = total}
  end
  local amount = tonumber(string.match(rule, '^%a+ %d+ (%d+) '))
  if not period then
    -- The rule is newer than the terms in ARGV. Whoever brings the newer ones begins the period.
    if first == '' then return nil end
    -- What was left counts as bought, so it does not lapse. What is held comes back as bought, too.
    local bought = before or 0
    held = held and 0
    local after = math.min(bought + amount, MOST)
    local starts, ends = string.match(first, '^(-?%d+):(%d+)$')
    return {
      action = 'refill', after = after, total = after, period = period_of(1, starts, ends, amount, bought),
      note = ',"effective_at":' .. text(now_ms()) .. ',"period":1',
    }
  end
  local number, starts, ends, had, bought = read_period(period)
  if amount == had then return nil end
  bought = math.min(bought, before)
  -- The units that were used stay used, so the total is at most MOST, too.
  local after = math.min(math.max(before + amount - had, bought), before + MOST - total)
  return {
    action = 'recharge', after = after, total = total + after - before,
    period = period_of(number, starts, ends, amount, bought),
  }
end

-- Stores a token's terms, which are in ARGV from the given place on, in the order of TermsFormat.
local function keep_terms(token, first)
  local secret, earlier, ends = string.match(ARGV[first + 1], '^(%x+) ?(%x*) ?(%d*)$')
  if earlier ~= '' then
    call('HSET', token, 'earlier_secret', earlier, 'earlier_until', ends)
  else
    call('HDEL', token, 'earlier_secret', 'earlier_until')
  end
  call('HSET', token, 'version', ARGV[first], 'secret', secret, 'active', ARGV[first + 2], 'type', ARGV[first + 3],
    'expires', ARGV[first + 4], 'limit', ARGV[first + 5], 'burst', ARGV[first + 6], 'window', ARGV[first + 7], 'owner', ARGV[first + 8])
  if ARGV[first + 9] ~= '' then
    call('HSET', token, 'rule', ARGV[first + 9])
  else
    call('HDEL', token, 'rule')
  end
end

-- The ids of the holds that end at a time or before it, the first to end first.
local function ending_holds(key, time)
  local ids, ends_of = {}, {}
  local fields = call('HGETALL', key)
  for i = 1, #fields, 2 do
    local _, ends = read_hold(fields[i + 1])
    if ends and ends <= time then ids[#ids + 1], ends_of[fields[i]] = fields[i], ends end
  end
  table.sort(ids, function(a, b) return ends_of[a] < ends_of[b] end)
  return ids
end

-- What a key of a charge says without one of its attempts, as admit.lua writes it; nil = that attempt was not admitted.
local function without_attempt(key, attempt)
  local attempts, charge = string.match(call('GET', key) or '', '^([^|]*)(.*)$')
  local is_admitted, others = false, {}
  for name in string.gmatch(attempts, '%S+') do
    if name == attempt then is_admitted = true else others[#others + 1] = name end
  end
  return is_admitted and table.concat(others, ' ') .. charge or nil
end

-- Stores it. Returns true if another attempt keeps the charge; else the key is gone, and the charge is to be given back.
local function keeps_charge(key, others)
  if string.find(others, '^[^|]') then
    call('SET', key, others, 'KEEPTTL')
    return true
  end
  call('DEL', key)
  return false
end
