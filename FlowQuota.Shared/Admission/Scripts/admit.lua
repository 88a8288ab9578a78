-- Decides calls that were sent together, one after the other; takes their costs and records them in the same run.
--
-- KEYS   as in the prelude, three for each caller: quota:<id>, token:<id>, calls:<id>; then idem:<id>:<hash> of calls under a
--        key, and holds:<id> of reservations; the last one is refusals
-- ARGV   1 time to live of a ring, ms   2 most waiting audit events   3 age in ms after which the terms are to be refreshed
--        4 deadline, ms by this server's clock: after it no caller waits for the reply
--        5 number of callers; then for each caller: public id, secret hash in hex
--        then for consecutive calls that are alike: 1 number of their caller, from 1   2 cost; 0 = only look,
--        nothing is taken   3 the last field of a reply to an admitted call: 'event', its audit event; 'owner', the token's
--        owner; '-', nothing   4 how many calls; then their request ids
--        for a call that is decided by itself: 1 to 3 as above   4 'once'   5 request id   6 number of its key in KEYS, 0 = none
--        7 name of this attempt   8 how long the key is remembered, ms   9 fingerprint of what is asked; '' = a repeat may ask
--        anything   10 further fields of its event   11 how long a run of the call's code may take, ms; 0 = it runs none
--        for a reservation: as for such a call, but 4 'hold'; then 12 number of holds:<id> in KEYS   13 id of the reservation
--        14 how long it holds, ms   15 its meter; '' = none
--        for a batch: as for such a call, but 4 'batch'; then 12 '1' = all items or none   13 how many items; for each: cost,
--        number of its key in KEYS, 0 = none, fingerprint, further fields of its event
-- REPLY  {'late', time in ms}   the deadline is past, and nothing is taken
--        {ring sync, ring audit, a reply for each call}
--        'ok ALLOWANCE expires refresh [event or owner]'   'rate ALLOWANCE'   'exhausted ALLOWANCE expires'
--        'again …', as 'ok': an earlier attempt under the same key was charged, so nothing is taken. With a fingerprint: the
--        figures are those of the earlier attempt, and its request id and the result of its code follow
--        'resumed … request event': the run of an earlier attempt died; this one is to run the code for the same charge
--        'busy'   an earlier attempt runs   'mismatch'   an earlier attempt asked for something else
--        'batch …', as 'ok': the units taken follow, and a word for each item, with commas between: 'ok', 'again', 'exhausted',
--        'mismatch', or 'none': not taken because of another
--        for a reservation, its id and state follow   'unmetered'  it needs a quota   'crowded'  the token has too many
--        'cold'  the token is not loaded, or is past its due   'unknown'  'denied'  'disabled'  'expired'  'backlogged'
--        ALLOWANCE is 'type remaining total period limit window left reset burst left'; the last two are for any one second;
--        total is 'total/held' if holds keep units; period is the state of the period;
--        '-' = the token has no such limit; window in s; reset = s until more calls fit than now; expires in ms;
--        refresh '1' = due, for this caller
-- KEEPS  invariants 1 (never over-granted), 2 (one change, one row), 3 (the chain holds), 7 (revoked means revoked)
--        and 9 (a refusal costs nothing). Nothing is written before all is decided. So if a token's keys are damaged,
--        the script fails as a whole and its calls can be tried one by one; 11 (one key, one charge): a charge and its key
--        are stored by one run.

local now = now_ms()
if now > tonumber(ARGV[4]) then return {'late', text(now)} end
local at = event_tail(now)
local ring_life, refresh_age = ARGV[1], tonumber(ARGV[3])
local room = tonumber(ARGV[2]) - call('LLEN', KEYS[2])
local events, answers, refused = {}, {'0', '0'}, {}

local function seconds(ms) return text(math.max(1, math.ceil(ms / 1000))) end

-- A rate limit: no window of its length has more calls than the limit. Calls are counted in chunks of a hundredth of the
-- limit, so of one call each up to a limit of 100. A chunk counts until its first call is as old as the window is long. So a
-- caller who keeps to the limit is never refused, and above a limit of 100 the script admits at most a hundredth too few.
--   the field of the token's hash   'first chunks time base count newest': the place of the oldest chunk that counts, how
--                                   many count, when the oldest began, how many calls came before it, how many count,
--                                   and how many of these came before the newest chunk
--   calls:<id>                      a place for each chunk: when it began, and how many calls came before it
-- The places of the window come first in calls:<id>, those of the second behind them.
local CHUNKS, PLACE = 128, 26

local function place(w, index)
  local offset = w.offset + index % CHUNKS * PLACE
  local found = call('GETRANGE', w.key, offset, offset + PLACE - 1)
  return tonumber(string.sub(found, 1, 13)), tonumber(string.sub(found, 14))
end

local function clear(w)
  w.first, w.chunks, w.base, w.calls, w.opened = 0, 0, 0, 0, 0
end

local function window(key, offset, state, limit, length)
  local first, chunks, time, base, counts, newest = nil, nil, nil, nil, nil, nil
  if state then first, chunks, time, base, counts, newest = string.match(state, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$') end
  base = tonumber(base or 0)
  -- All fields at once: growing a table costs more than the rest of a window.
  local w = {
    key = key, offset = offset, limit = limit, length = length, opens = false, began = false,
    first = tonumber(first or 0), chunks = tonumber(chunks or 0), time = tonumber(time or 0),
    base = base, calls = base + (counts or 0), opened = base + (newest or 0),
  }
  -- A start later than now means that the clock was set back. If it is later by more than the window, the counts are discarded.
  if w.time - now > length then clear(w) end
  while w.chunks > 0 and w.time + length <= now do
    w.first, w.chunks = w.first + 1, w.chunks - 1
    w.time, w.base = place(w, w.first)
    if w.chunks == 0 or not w.base then clear(w) end
  end
  return w
end

local function state_of(w)
  return format('%d %d %d %d %d %d', w.first % CHUNKS, w.chunks, w.time, w.base, w.calls - w.base, w.opened - w.base)
end

local function left(w) return math.max(0, w.limit - w.calls + w.base) end

-- Seconds until more calls fit than now.
local function reset(w)
  if w.chunks == 0 then return seconds(w.length) end
  local time = w.time
  -- More calls count than the limit allows only if it was lowered; then the end of the oldest chunk does not suffice.
  if w.calls - w.base > w.limit then
    for n = 1, w.chunks - 1 do
      local began, before = place(w, w.first + n)
      if not before or w.calls - before < w.limit then break end
      time = began
    end
  end
  return seconds(time + w.length - now)
end

local function count(w, calls)
  local full = w.opened + math.ceil(w.limit / 100)
  if w.chunks == 0 then
    w.began, w.time = true, now
  elseif w.opens or w.calls + calls <= full or w.chunks == CHUNKS then
    w.calls = w.calls + calls
    return
  end
  w.opens, w.chunks = true, w.chunks + 1
  w.opened = w.began and w.calls or math.max(w.calls, full)
  w.calls = w.calls + calls
end

local function read(id, quota, token, key)
  local h = call('HMGET', token,
    'run', 'deleted', 'secret', 'active', 'type', 'expires', 'limit', 'burst', 'window', 'owner', 'loaded',
    'epoch', 'seq', 'total', 'window_calls', 'second_calls', 'period', 'due')
  if h[2] then return {refusal = 'unknown', takes = 0} end
  -- Loaded under another run of this server, whose last second may be lost: read SQL first (the fence).
  if h[1] ~= RUN then return {refusal = 'cold', takes = 0} end

  local is_metered = h[5] ~= 'time'
  local remaining, total, held, hold_ends = is_metered and tonumber(call('GET', quota)), is_metered and h[14], nil, nil
  if h[18] then
    held, hold_ends = string.match(h[18], '^%d+ (%d+) (%d+)$')
    total = granted(total, tonumber(held))
  end
  local expires = h[5] ~= 'count' and h[6] ~= '' and h[6]
  local limit, burst = tonumber(h[7]), tonumber(h[8])
  local minute = limit and window(key, 0, h[15], limit, tonumber(h[9]) * 1000)
  return {
    id = id, quota = quota, token = token, refusal = false,
    secret = h[3], active = h[4], type = h[5], expires = expires, ends = expires or '-',
    loaded = tonumber(h[11]), refreshed = false, owner = h[10], event_head = event_head(id, h[10], h[12]),
    epoch = h[12], seq = tonumber(h[13]), seq_text = h[13], takes = 0,
    granted = h[14], total = total, period = h[17], due = h[18], held = held, hold_ends = hold_ends, remaining = remaining, remaining_text = remaining and text(remaining),
    minute = minute, second = burst and window(key, CHUNKS * PLACE, h[16], burst, 1000),
    policy = ' ' .. (total or '-') .. ' ' .. (h[17] or '-') .. ' ' .. (minute and h[7] .. ' ' .. h[9] or '- -') .. ' ',
    reset = ' ' .. (minute and reset(minute) or '-') .. ' ' .. (burst and h[8] or '-') .. ' ',
  }
end

local function refusal(t, secret)
  if t.refusal then return t.refusal end
  if t.secret ~= secret and not is_earlier_secret(t.token, secret, now) then return 'denied' end
  if t.active ~= '1' then return 'disabled' end
  if t.expires and now >= tonumber(t.expires) then return 'expired' end
  if t.type ~= 'time' and not t.remaining or is_over(t.due, now) then return 'cold' end
end

-- How many of so many calls of one cost may be taken now.
local function fitting(t, cost, calls)
  local fits = math.min(calls, room)
  if t.minute then fits = math.min(fits, left(t.minute)) end
  if t.second then fits = math.min(fits, left(t.second)) end
  if t.remaining then fits = math.min(fits, math.floor(t.remaining / cost)) end
  return math.max(fits, 0)
end

-- The fields 'expires refresh' of a reply. Only the first reply reports that a refresh is due.
local function end_of_admission(t)
  local age = now - t.loaded
  -- Below 0 if the clock was set back.
  if age >= 0 and age <= refresh_age then return ' ' .. t.ends .. ' 0' end
  t.loaded, t.refreshed = now, true
  return ' ' .. t.ends .. ' 1'
end

local function owner_of(t) return ' {' .. t.owner .. '}' end

-- Takes the calls whose requests are ARGV first to last, and adds their replies. tail is the end of their events.
local function take(t, cost, first, last, detail, tail, action)
  local start, middle = 'ok ' .. t.type .. ' ', event_middle(t.remaining and text(-cost), action)
  local head, policy, ending = t.event_head, t.policy, end_of_admission(t)
  local remaining, before, after, seq, seq_text = t.remaining, nil, t.remaining_text, t.seq, nil
  local minute_left, second_left = t.minute and left(t.minute), t.second and left(t.second)
  local minute_text, second_text = '-', '-'
  local with_event, owner = detail == 'event', detail == 'owner' and owner_of(t) or ''
  local added, answered = #events, #answers
  for n = first, last do
    before, seq, added, answered = after, seq + 1, added + 1, answered + 1
    seq_text = text(seq)
    if remaining then
      remaining = remaining - cost
      after = text(remaining)
    end
    if minute_left then
      minute_left = minute_left - 1
      minute_text = text(minute_left)
    end
    if second_left then
      second_left = second_left - 1
      second_text = text(second_left)
    end
    local event = event_of(head, seq_text, before, after, middle, ARGV[n], tail)
    events[added] = event
    answers[answered] = start .. (after or '-') .. policy .. minute_text .. t.reset .. second_text .. ending .. (with_event and ' ' .. event or owner)
    if n == first then ending = ' ' .. t.ends .. ' 0' end
  end

  local calls = last - first + 1
  t.remaining, t.remaining_text, t.seq, t.seq_text, t.takes, room = remaining, after, seq, seq_text, t.takes + calls, room - calls
  if t.minute then count(t.minute, calls) end
  if t.second then count(t.second, calls) end
end

-- Counts a refused call: by quarter of an hour, reason ('rate ' or 'exhausted ') and token.
local function refuse(t, reason)
  local field = text(now - now % 900000) .. ' ' .. reason .. t.id
  refused[field] = (refused[field] or 0) + 1
end

-- The reply to a call of which nothing is taken: it only looks, or it is refused.
local function look(t, cost, detail)
  local minute_left, second_left = t.minute and left(t.minute), t.second and left(t.second)
  local status, ending = 'ok ', ''
  if cost == 0 then
    ending = end_of_admission(t) .. (detail == 'owner' and owner_of(t) or '')
  elseif minute_left == 0 or second_left == 0 then
    status = 'rate '
  elseif t.remaining and t.remaining < cost then
    status, ending = 'exhausted ', ' ' .. t.ends
  else
    return 'backlogged'
  end
  if cost > 0 then refuse(t, status) end
  return status .. t.type .. ' ' .. (t.remaining_text or '-') .. t.policy .. (minute_left and text(minute_left) or '-')
    .. t.reset .. (second_left and text(second_left) or '-') .. ending
end

-- Calls that are alike differ only in their order, so the first ones that fit are taken.
local function decide(t, cost, first, last, detail, tail)
  local fits = cost > 0 and fitting(t, cost, last - first + 1) or 0
  if fits > 0 then take(t, cost, first, first + fits - 1, detail, tail, 'consume') end
  for _ = first + fits, last do
    answers[#answers + 1] = look(t, cost, detail)
  end
end

-- The keys of calls that are charged once, to be stored, and how long each new one is remembered:
--   attempts            the names of the attempts that were admitted under the key; '*' stands for too many to name
--   attempts|charge     with a fingerprint, also the charge: fingerprint, when its run counts as dead (0 = it is over), time,
--                       epoch, seq and request of the record, figures as in ALLOWANCE; then the result of its code, if kept
local MOST_ATTEMPTS = 256
-- Open reservations of a token.
local MOST_HOLDS = 1000
local value_of, life_of = {}, {}

-- Decides a call, a reservation or a batch by itself, ARGV first and those behind it. Under a key, only the first attempt that
-- is admitted is charged.
-- Its parts are within it because Lua makes each function anew in each run, and most runs have no key.
local function decide_once(t, cost, first, detail, kind)
  local key, attempt, life, fingerprint = KEYS[tonumber(ARGV[first + 1])], ARGV[first + 2], ARGV[first + 3], ARGV[first + 4]
  local note, run_life = ARGV[first + 5], tonumber(ARGV[first + 6])

  local function with_attempt(attempts, name)
    if #attempts < MOST_ATTEMPTS then return attempts .. ' ' .. name end
    return string.sub(attempts, -1) == '*' and attempts or attempts .. ' *'
  end

  -- The reply to a repeat under a key with a fingerprint.
  local function repeated(status, figures, request, rest)
    local limits = string.match(t.policy, ' %S+ %S+ $')
    return status .. figures .. limits .. (t.minute and text(left(t.minute)) or '-') .. t.reset
      .. (t.second and text(left(t.second)) or '-') .. end_of_admission(t) .. ' ' .. request .. rest
  end

  -- Decides a repeat under a key with a fingerprint.
  local function decide_again(known)
    local attempts, charge = string.match(known, '^([^|]*)|(.*)$')
    local asked, dies, made, epoch, seq, request, figures, result =
      string.match(charge or '', '^(%x+) (%d+) (%d+) (%d+) (%d+) (%S+) (%S+ %S+ %S+ %S+)(.*)$')
    if asked ~= fingerprint then return 'mismatch' end
    dies = tonumber(dies)
    if dies > 0 then
      -- Later by much more than a run takes: this server's clock was set back.
      if now < dies and dies - now <= 4 * run_life then return 'busy' end
      if cost == 0 then return nil end
      local after = tonumber(string.match(figures, '^%S+ (%S+)'))
      local event = event_of(event_head(t.id, t.owner, epoch), seq, after and text(after + cost), after and text(after),
        event_middle(after and text(-cost), 'consume'), request, event_tail(tonumber(made), note))
      -- The attempts before it are dead, and this one answers for the charge.
      value_of[key] = attempt .. '|' .. fingerprint .. ' ' .. text(now + run_life) .. string.match(charge, '^%x+ %d+(.*)$')
      return repeated('resumed ', figures, request, ' ' .. event)
    end
    if (result == '' or kind ~= 'once') and cost > 0 then value_of[key] = with_attempt(attempts, attempt) .. '|' .. charge end
    return repeated('again ', figures, request, result)
  end

  -- Decides a reservation. Returns its id and state; nil = it is refused.
  local function reserve()
    local holds, id, ends = KEYS[tonumber(ARGV[first + 7])], ARGV[first + 8], now + tonumber(ARGV[first + 9])
    local refused = not t.remaining and 'unmetered'
      or fitting(t, cost, 1) == 0 and look(t, cost, detail)
      or call('HLEN', holds) + (t.holds and #t.holds / 2 or 0) > MOST_HOLDS and 'crowded'
    if refused then
      answers[#answers + 1] = refused
      return nil
    end
    -- The period's units are used before those that were bought.
    local number, bought = string.match(t.period or '', '^(%d+):.*:(%d+)$')
    local state = 'open:' .. text(ends) .. ':' .. text(cost) .. ':' .. (number or '0') .. ':'
      .. (number and text(math.min(cost, math.max(0, t.remaining - tonumber(bought)))) or '0') .. ':0:0:0:0:0:' .. ARGV[first + 10]
    t.held, t.hold_ends = (t.held or 0) + cost, math.min(tonumber(t.hold_ends) or ends, ends)
    t.due = due_of(string.match(t.period or '', '^%d+:%-?%d+:(%d+)'), t.held, t.hold_ends)
    t.total = granted(t.granted, t.held)
    t.policy = ' ' .. t.total .. string.match(t.policy, '^ %S+(.*)$')
    t.holds, t.holds_key = t.holds or {}, holds
    t.holds[#t.holds + 1], t.holds[#t.holds + 2] = id, state
    take(t, cost, first, first, detail, event_tail(now, note .. ',"hold":"' .. state .. '"'), 'reserve')
    local kept = ' ' .. id .. ' ' .. state
    answers[#answers] = answers[#answers] .. kept
    return kept
  end

  local function known_of(name) return name and (value_of[name] or call('GET', name)) end

  -- Remembers a charge under a key, and who made it.
  local function keep_charge(under, name, asked, dies, kept)
    value_of[under], life_of[under] = name .. '|' .. asked .. ' ' .. dies .. ' ' .. text(now) .. ' ' .. t.epoch .. ' ' .. t.seq_text
      .. ' ' .. ARGV[first] .. ' ' .. t.type .. ' ' .. (t.remaining_text or '-') .. ' ' .. string.match(t.policy, '^ (%S+ %S+)') .. kept, life
  end

  -- Decides the items of a batch in their order. Together they count once for the rate limits. The keys of the items name the
  -- batch by the end of its own key. Returns the units that are taken, and a word for each item; nil = it answers for no charge.
  local function take_batch()
    local name = string.sub(key, -12)
    local count_of_items = tonumber(ARGV[first + 8])
    if room < count_of_items or (t.minute and left(t.minute) == 0) or (t.second and left(t.second) == 0) then
      answers[#answers + 1] = look(t, 1, '-')
      return nil
    end

    local words, costs, keys, remaining, seen, is_refused = {}, {}, {}, t.remaining, {}, false
    for n = 1, count_of_items do
      local item = first + 5 + 4 * n
      local item_cost, item_key = tonumber(ARGV[item]), KEYS[tonumber(ARGV[item + 1])]
      local known = item_key and seen[item_key] or known_of(item_key)
      costs[n], keys[n] = item_cost, item_key
      if known then
        words[n] = string.match(known, '^[^|]*|(%x+)') == ARGV[item + 2] and 'again' or 'mismatch'
      elseif remaining and remaining < item_cost then
        words[n] = 'exhausted'
        refuse(t, 'exhausted ')
      else
        words[n], remaining = 'ok', remaining and remaining - item_cost
        if item_key then seen[item_key] = '|' .. ARGV[item + 2] end
      end
      is_refused = is_refused or words[n] == 'mismatch' or words[n] == 'exhausted'
    end

    local takes_none = is_refused and ARGV[first + 7] == '1'
    local units, ending, minute, second, answers_for = 0, end_of_admission(t), t.minute, t.second, false
    for n = 1, count_of_items do
      if takes_none then
        if words[n] == 'ok' then words[n] = 'none' end
      elseif words[n] == 'ok' then
        take(t, costs[n], first, first, '-', event_tail(now, ARGV[first + 8 + 4 * n]), 'consume')
        answers[#answers] = nil
        if keys[n] then keep_charge(keys[n], name, ARGV[first + 7 + 4 * n], '0', ' ' .. text(costs[n]) .. ' ' .. name) end
        units, t.minute, t.second, answers_for = units + costs[n], nil, nil, true
      elseif words[n] == 'again' then
        -- This batch answers for the charge, too, should the one that made it be given back.
        local attempts, charge = string.match(known_of(keys[n]), '^([^|]*)(|.*)$')
        if not string.find(attempts, name, 1, true) then value_of[keys[n]] = with_attempt(attempts, name) .. charge end
        answers_for = true
      end
    end
    t.minute, t.second = minute, second
    local kept = ' ' .. text(units) .. ' ' .. table.concat(words, ',')
    answers[#answers + 1] = 'batch ' .. t.type .. ' ' .. (t.remaining_text or '-') .. t.policy .. (minute and text(left(minute)) or '-')
      .. t.reset .. (second and text(left(second)) or '-') .. ending .. kept
    return answers_for and kept or nil
  end

  local known = known_of(key)
  if known and fingerprint ~= '' then
    answers[#answers + 1] = decide_again(known) or look(t, cost, detail)
  elseif known then
    answers[#answers + 1] = 'again' .. string.sub(look(t, 0, detail), 3)
    value_of[key], life_of[key] = with_attempt(known, attempt), life
  else
    local takes, kept = t.takes, nil
    if kind == 'hold' then
      kept = reserve()
    elseif kind == 'batch' then
      kept = take_batch()
    else
      decide(t, cost, first, first, detail, note == '' and at or event_tail(now, note))
      kept = t.takes > takes and '' or nil
    end
    if not kept or not key then return end
    if fingerprint == '' then
      value_of[key], life_of[key] = attempt, life
    else
      keep_charge(key, attempt, fingerprint, run_life > 0 and text(now + run_life) or '0', kept)
    end
  end
end

-- Stores what a window counted: its newest chunk, and its state in a list of fields.
local function add_window(fields, name, w)
  local n = #fields
  fields[n + 1], fields[n + 2] = name, state_of(w)
  if w.opens then
    local index = (w.first + w.chunks - 1) % CHUNKS
    call('SETRANGE', w.key, w.offset + index * PLACE, format('%013d%013d', now, w.opened))
  end
end

-- The quotas that changed and their values for SQL, by pairs, because one command for all tokens costs less than one for each.
local quotas, to_sync = {}, {}

local function store(t)
  local fields = {}
  if t.takes > 0 then
    fields[1], fields[2] = 'seq', t.seq_text
    if t.minute then add_window(fields, 'window_calls', t.minute) end
    if t.second then add_window(fields, 'second_calls', t.second) end
  end
  if t.refreshed then
    fields[#fields + 1], fields[#fields + 2] = 'loaded', text(now)
  end
  if t.holds then
    fields[#fields + 1], fields[#fields + 2] = 'due', t.due
    call('HSET', t.holds_key, 'at', t.epoch .. ' ' .. t.seq_text, unpack(t.holds))
    call('PERSIST', t.holds_key)
  end
  if #fields > 0 then call('HSET', t.token, unpack(fields)) end
  -- A token in use does not expire.
  if t.refreshed then call('PEXPIRE', t.token, TOKEN_LIFE) end
  local longest = t.minute or t.second
  -- A token in use is refreshed again before this expires.
  if longest and (t.refreshed or longest.began) then call('PEXPIRE', longest.key, longest.length + 2 * refresh_age) end
  if t.takes > 0 and t.remaining then
    local n = #quotas
    quotas[n + 1], quotas[n + 2] = t.quota, t.remaining_text
    to_sync[n + 1], to_sync[n + 2] = t.id, value_to_sync(t.epoch, t.seq_text, t.remaining_text, t.total, t.period)
  end
end

-- A caller's id and secret follow its keys. The same token with another secret is another caller.
local tokens, callers, refusals = {}, {}, {}
local first_call = 6 + 2 * tonumber(ARGV[5])
for i = 6, first_call - 1, 2 do
  local id = ARGV[i]
  local key = 5 + (i - 6) / 2 * 3
  tokens[id] = tokens[id] or read(id, KEYS[key], KEYS[key + 1], KEYS[key + 2])
  callers[#callers + 1] = tokens[id]
  refusals[#callers] = refusal(tokens[id], ARGV[i + 1]) or false
end
-- In the order of the calls.
local i = first_call
while i <= #ARGV do
  local caller, first, calls = tonumber(ARGV[i]), i + 4, tonumber(ARGV[i + 3])
  local last = calls and first + calls - 1 or first
  if refusals[caller] then
    for _ = first, last do answers[#answers + 1] = refusals[caller] end
  elseif calls then
    decide(callers[caller], tonumber(ARGV[i + 1]), first, last, ARGV[i + 2], at)
  else
    decide_once(callers[caller], tonumber(ARGV[i + 1]), first, ARGV[i + 2], ARGV[i + 3])
  end
  if calls then
    i = last + 1
  elseif ARGV[i + 3] == 'batch' then
    i = first + 9 + 4 * tonumber(ARGV[first + 8])
  else
    i = first + (ARGV[i + 3] == 'hold' and 11 or 7)
  end
end

local asks = #events > 0 and append(KEYS[2], events)
for _, t in pairs(tokens) do store(t) end
local is_new = false
if #quotas > 0 then
  call('MSET', unpack(quotas))
  is_new = call('HSET', KEYS[1], unpack(to_sync)) > 0
end
for key, value in pairs(value_of) do
  if life_of[key] then
    call('SET', key, value, 'PX', life_of[key])
  else
    call('SET', key, value, 'KEEPTTL')
  end
end
for field, count in pairs(refused) do call('HINCRBY', KEYS[#KEYS], field, count) end
if asks then answers[2] = ring(KEYS[4], ring_life) end
if is_new or asks then answers[1] = ring(KEYS[3], ring_life) end
return answers
