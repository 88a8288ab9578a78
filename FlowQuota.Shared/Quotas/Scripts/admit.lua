-- Decides calls that came together, one after the other, takes their costs and records them, all at once.
--
-- KEYS   as in the prelude, two more for each further caller
-- ARGV   1 ring life, ms   2 most waiting audit events   3 age in ms after which the terms are to be refreshed
--        4 number of callers; then for each caller: public id, secret hash in hex
--        then for calls that follow each other and are alike: 1 number of their caller, from 1   2 cost; 0 = only look,
--        nothing is taken   3 'event' = the answers are to tell the audit events   4 how many; then their request ids
-- REPLY  {ring sync, ring audit, an answer for each call}
--        'ok type remaining total limit window left reset expires refresh [event]'
--        'rate type remaining total limit window left reset retry'
--        'exhausted type remaining total limit window left reset'
--        'cold'  'unknown'  'denied'  'disabled'  'expired'  'backlogged'
--        '-' = the token has no such thing; window, reset and retry in s, expires in ms; refresh '1' = due, for this caller
-- KEEPS  invariants 1 (never over-granted), 2 (one change, one row), 3 (the chain holds), 7 (revoked means revoked)
--        and 9 (a refusal costs nothing). Nothing is written before all is decided, so where a token's keys are damaged
--        the script fails as a whole and its calls can be tried one by one.

local now = now_ms()
local at = event_tail(now)
local ring_life, refresh_age = ARGV[1], tonumber(ARGV[3])
local room = tonumber(ARGV[2]) - call('LLEN', KEYS[2])
local events = {}

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

local function take(t, cost, middle, request)
  local before = t.remaining_text
  if before then
    t.remaining = t.remaining - cost
    t.remaining_text = text(t.remaining)
  end
  local seq = t.seq + 1
  t.seq, t.seq_text, t.takes, room = seq, text(seq), t.takes + 1, room - 1
  if t.limit then t.minute.count = t.minute.count + 1 end
  if t.burst then t.second.count = t.second.count + 1 end
  local event = event_of(t.event_head, t.seq_text, before, t.remaining_text, middle, request, at)
  events[#events + 1] = event
  return event
end

local function decide(t, cost, middle, request, tells_event)
  local limit, burst = t.limit, t.burst
  local free = limit and left(limit, t.minute)
  local status, last, event = 'ok ', '', nil
  if cost > 0 and limit and free < 1 then
    status, last = 'rate ', wait(limit, t.minute)
  elseif cost > 0 and burst and used(t.second) + 1 > burst then
    status, last = 'rate ', wait(burst, t.second)
  elseif t.remaining and t.remaining < cost then
    status = 'exhausted '
  elseif cost > 0 then
    if room < 1 then return 'backlogged' end
    event = take(t, cost, middle, request)
    free = limit and left(limit, t.minute)
  end
  if status == 'ok ' then
    last = t.ends .. ' 0'
    if now - t.loaded > refresh_age then
      last, t.loaded, t.refreshed = t.ends .. ' 1', now, true
    end
    if event and tells_event then last = last .. ' ' .. event end
  end
  return status .. t.type .. ' ' .. (t.remaining_text or '-') .. t.policy .. (free and text(free) or '-') .. t.reset .. last
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

-- A caller's id and secret stand where its keys do. Who calls with another secret is another caller of the same token.
local tokens, callers, refusals, answers = {}, {}, {}, {'0', '0'}
local first_call = 5 + 2 * tonumber(ARGV[4])
for i = 5, first_call - 1, 2 do
  local id = ARGV[i]
  tokens[id] = tokens[id] or read(id, KEYS[i], KEYS[i + 1])
  callers[#callers + 1] = tokens[id]
  refusals[#callers] = refusal(tokens[id], ARGV[i + 1]) or false
end
local i = first_call
while i <= #ARGV do
  local caller, cost, tells_event, last = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), ARGV[i + 2] == 'event', i + 3 + tonumber(ARGV[i + 3])
  local t, refused = callers[caller], refusals[caller]
  local middle = not refused and event_middle(t.remaining and '-' .. ARGV[i + 1], 'consume')
  for n = i + 4, last do
    answers[#answers + 1] = refused or decide(t, cost, middle, ARGV[n], tells_event)
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
