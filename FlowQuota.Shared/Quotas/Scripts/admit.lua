-- Decides calls that came together, one after the other, takes their costs and records them, all at once.
--
-- KEYS   as in the prelude, two more for each further caller
-- ARGV   1 ring life, ms   2 most waiting audit events   3 age in ms after which the terms are to be refreshed
--        4 deadline, ms by this server's clock: later than that nobody waits for the answers any more
--        5 number of callers; then for each caller: public id, secret hash in hex
--        then for calls that follow each other and are alike: 1 number of their caller, from 1   2 cost; 0 = only look,
--        nothing is taken   3 'event' = the answers are to tell the audit events   4 how many; then their request ids
-- REPLY  {'late', time in ms}   it is past the deadline, and nothing is taken
--        {ring sync, ring audit, an answer for each call}
--        'ok type remaining total limit window left reset expires refresh [event]'
--        'rate type remaining total limit window left reset retry'
--        'exhausted type remaining total limit window left reset'
--        'cold'  'unknown'  'denied'  'disabled'  'expired'  'backlogged'
--        '-' = the token has no such thing; window, reset and retry in s, expires in ms; refresh '1' = due, for this caller
-- KEEPS  invariants 1 (never over-granted), 2 (one change, one row), 3 (the chain holds), 7 (revoked means revoked)
--        and 9 (a refusal costs nothing). Nothing is written before all is decided, so where a token's keys are damaged
--        the script fails as a whole and its calls can be tried one by one.

local now = now_ms()
if now > tonumber(ARGV[4]) then return {'late', text(now)} end
local at = event_tail(now)
local ring_life, refresh_age = ARGV[1], tonumber(ARGV[3])
local room = tonumber(ARGV[2]) - call('LLEN', KEYS[2])
local events, answers = {}, {'0', '0'}

-- Sliding-window counter: the calls of the window before fade out as the current one passes.
local function window(start, count, previous, length)
  start = tonumber(start)
  local age = start and now - start
  if not age or age >= 2 * length or age < -length then return {start = now, count = 0, previous = 0, length = length} end
  if age >= length then return {start = start + length, count = 0, previous = tonumber(count), length = length} end
  return {start = start, count = tonumber(count), previous = tonumber(previous), length = length}
end

local function used(w)
  if w.previous == 0 then return w.count end
  return w.count + w.previous * (w.length - math.max(0, now - w.start)) / w.length
end

local function left(limit, w)
  if w.previous == 0 and w.count <= limit then return limit - w.count end
  return math.max(0, math.floor(limit - used(w)))
end

local function seconds(ms) return text(math.max(1, math.ceil(ms / 1000))) end

-- Seconds until one more call fits.
local function wait(limit, w)
  if w.count < limit then
    return seconds(w.start + w.length * (1 - (limit - 1 - w.count) / w.previous) - now)
  end
  return seconds(w.start + w.length + w.length * (1 - (limit - 1) / w.count) - now)
end

local function read(id, quota, token)
  local h = call('HMGET', token,
    'run', 'deleted', 'secret', 'active', 'type', 'expires', 'limit', 'burst', 'window', 'owner', 'loaded',
    'epoch', 'seq', 'total',
    'window_start', 'window_count', 'window_previous', 'second_start', 'second_count', 'second_previous')
  if h[2] then return {refusal = 'unknown', takes = 0} end
  -- Loaded under another run of this server, whose last second may be lost: SQL is asked first (the fence).
  if h[1] ~= RUN then return {refusal = 'cold', takes = 0} end

  local is_metered = h[5] ~= 'time'
  local remaining, total = is_metered and tonumber(call('GET', quota)), is_metered and h[14]
  local expires = h[5] ~= 'count' and h[6] ~= '' and h[6]
  local limit, burst = tonumber(h[7]), tonumber(h[8])
  local minute = limit and window(h[15], h[16], h[17], tonumber(h[9]) * 1000)
  return {
    id = id, quota = quota, token = token, refusal = false,
    secret = h[3], active = h[4], type = h[5], expires = expires, ends = expires or '-',
    loaded = tonumber(h[11]), refreshed = false, event_head = event_head(id, h[10], h[12]),
    epoch = h[12], seq = tonumber(h[13]), seq_text = h[13], takes = 0,
    total = total, remaining = remaining, remaining_text = remaining and text(remaining),
    limit = limit, minute = minute,
    policy = ' ' .. (total or '-') .. ' ' .. (minute and h[7] .. ' ' .. h[9] or '- -') .. ' ',
    reset = ' ' .. (minute and seconds(minute.start + minute.length - now) or '-') .. ' ',
    burst = burst, second = burst and window(h[18], h[19], h[20], 1000),
  }
end

local function refusal(t, secret)
  if t.refusal then return t.refusal end
  if t.secret ~= secret then return 'denied' end
  if t.active ~= '1' then return 'disabled' end
  if t.expires and now >= tonumber(t.expires) then return 'expired' end
  if t.type ~= 'time' and not t.remaining then return 'cold' end
end

-- How many calls of a cost may be taken now, of so many; free is what the rate limit leaves.
local function fitting(t, cost, free, count)
  local fits = math.min(count, room)
  if free then fits = math.min(fits, free) end
  if t.burst then fits = math.min(fits, math.floor(t.burst - used(t.second))) end
  if t.remaining then fits = math.min(fits, math.floor(t.remaining / cost)) end
  return math.max(fits, 0)
end

-- What ends the answer to an admitted call. The first that tells of a refresh that is due is the only one.
local function end_of_admission(t)
  local age = now - t.loaded
  -- Less than 0 = the clock was set back.
  if age >= 0 and age <= refresh_age then return t.reset .. t.ends .. ' 0' end
  t.loaded, t.refreshed = now, true
  return t.reset .. t.ends .. ' 1'
end

-- Takes the calls whose requests are ARGV first to last, and answers them.
local function take(t, cost, free, first, last, tells_event)
  local start, middle = 'ok ' .. t.type .. ' ', event_middle(t.remaining and text(-cost), 'consume')
  local head, policy, ending = t.event_head, t.policy, end_of_admission(t)
  local remaining, before, after, seq, seq_text, free_text = t.remaining, nil, t.remaining_text, t.seq, nil, '-'
  local added, told = #events, #answers
  for n = first, last do
    before, seq, added, told = after, seq + 1, added + 1, told + 1
    seq_text = text(seq)
    if remaining then
      remaining = remaining - cost
      after = text(remaining)
    end
    if free then
      free = free - 1
      free_text = text(free)
    end
    local event = event_of(head, seq_text, before, after, middle, ARGV[n], at)
    events[added] = event
    answers[told] = start .. (after or '-') .. policy .. free_text .. ending .. (tells_event and ' ' .. event or '')
    if n == first then ending = t.reset .. t.ends .. ' 0' end
  end

  local count = last - first + 1
  t.remaining, t.remaining_text, t.seq, t.seq_text, t.takes, room = remaining, after, seq, seq_text, t.takes + count, room - count
  if t.limit then t.minute.count = t.minute.count + count end
  if t.burst then t.second.count = t.second.count + count end
end

-- The answer to a call of which nothing is taken: it only looks, or it is refused.
local function look(t, cost, free)
  local status, ending = 'ok ', nil
  if cost == 0 then
    ending = end_of_admission(t)
  elseif free and free < 1 then
    status, ending = 'rate ', t.reset .. wait(t.limit, t.minute)
  elseif t.burst and used(t.second) + 1 > t.burst then
    status, ending = 'rate ', t.reset .. wait(t.burst, t.second)
  elseif t.remaining and t.remaining < cost then
    status, ending = 'exhausted ', t.reset
  else
    return 'backlogged'
  end
  return status .. t.type .. ' ' .. (t.remaining_text or '-') .. t.policy .. (free and text(free) or '-') .. ending
end

-- Calls that are alike differ in nothing but their turn, so of those that fit the first ones are taken.
local function decide(t, cost, first, last, tells_event)
  local free = t.limit and left(t.limit, t.minute)
  local fits = cost > 0 and fitting(t, cost, free, last - first + 1) or 0
  if fits > 0 then take(t, cost, free, first, first + fits - 1, tells_event) end
  for _ = first + fits, last do
    answers[#answers + 1] = look(t, cost, free and free - fits)
  end
end

-- Appends to a list of fields what a window counted; where it began, only with its first calls.
local function add_window(fields, w, name, takes)
  local n = #fields
  fields[n + 1], fields[n + 2] = name .. '_count', text(w.count)
  if w.count == takes then
    fields[n + 3], fields[n + 4], fields[n + 5], fields[n + 6] = name .. '_start', text(w.start), name .. '_previous', text(w.previous)
  end
end

-- True = a doorbell for the sync is due.
local function store(t)
  local fields = {}
  if t.takes > 0 then
    fields[1], fields[2] = 'seq', t.seq_text
    if t.limit then add_window(fields, t.minute, 'window', t.takes) end
    if t.burst then add_window(fields, t.second, 'second', t.takes) end
  end
  if t.refreshed then
    fields[#fields + 1], fields[#fields + 2] = 'loaded', text(now)
  end
  if #fields > 0 then call('HSET', t.token, unpack(fields)) end
  -- A token without a quota never waits in the outbox; being used is what keeps it.
  if t.refreshed and not t.remaining then call('PEXPIRE', t.token, TOKEN_LIFE) end
  return t.takes > 0 and t.remaining and keep(t.quota, t.token, t.id, t.epoch, t.seq_text, t.remaining_text, t.total)
end

-- A caller's id and secret stand one place after its keys. Who calls with another secret is another caller of the same token.
local tokens, callers, refusals = {}, {}, {}
local first_call = 6 + 2 * tonumber(ARGV[5])
for i = 6, first_call - 1, 2 do
  local id = ARGV[i]
  tokens[id] = tokens[id] or read(id, KEYS[i - 1], KEYS[i])
  callers[#callers + 1] = tokens[id]
  refusals[#callers] = refusal(tokens[id], ARGV[i + 1]) or false
end
-- Decided one after the other, in their order.
local i = first_call
while i <= #ARGV do
  local caller, first, last = tonumber(ARGV[i]), i + 4, i + 3 + tonumber(ARGV[i + 3])
  if refusals[caller] then
    for _ = first, last do answers[#answers + 1] = refusals[caller] end
  else
    decide(callers[caller], tonumber(ARGV[i + 1]), first, last, ARGV[i + 2] == 'event')
  end
  i = last + 1
end

local asks = #events > 0 and append(KEYS[2], events)
local is_new = false
for _, t in pairs(tokens) do
  is_new = store(t) or is_new
end
if asks then answers[2] = ring(KEYS[4], ring_life) end
if is_new or asks then answers[1] = ring(KEYS[3], ring_life) end
return answers
