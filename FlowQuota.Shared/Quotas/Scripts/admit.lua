-- Decides one call, takes its cost and records it, all at once.
--
-- KEYS   as in the prelude
-- ARGV   1 public id        2 secret hash, hex      3 cost; 0 = only look, nothing is taken
--        4 request id       5 ring life, ms         6 most waiting audit events
--        7 age in ms after which the terms are to be refreshed
-- REPLY  {'ok', type, remaining, total, limit, window, limit left, limit reset, expires, refresh, ring sync, ring audit, event}
--        {'rate', type, remaining, total, limit, window, limit left, limit reset, retry after}
--        {'exhausted', type, remaining, total, limit, window, limit left, limit reset}
--        {'cold'}  {'unknown'}  {'denied'}  {'disabled'}  {'expired'}  {'backlogged'}
--        Figures are strings, '' = the token has no such thing; window, reset and retry in s, expires in ms.
-- KEEPS  invariants 1 (never over-granted), 2 (one change, one row), 3 (the chain holds), 7 (revoked means revoked)
--        and 9 (a refusal costs nothing: every write but the refresh mark stands after the last refusal).

local cost = tonumber(ARGV[3])
local h = redis.call('HMGET', KEYS[2],
  'run', 'deleted', 'secret', 'active', 'type', 'expires', 'limit', 'burst', 'window', 'owner', 'loaded',
  'epoch', 'seq', 'total',
  'window_start', 'window_count', 'window_previous', 'second_start', 'second_count', 'second_previous')

if h[2] then return {'unknown'} end
-- Loaded under another run of this server, whose last second may be lost: SQL is asked first (the fence).
if h[1] ~= RUN then return {'cold'} end
if h[3] ~= ARGV[2] then return {'denied'} end
if h[4] ~= '1' then return {'disabled'} end

local now = now_ms()
local type, total, expires = h[5], h[14], h[6]
if type == 'count' then
  expires = ''
elseif expires ~= '' and now >= tonumber(expires) then
  return {'expired'}
end

local remaining
if type == 'time' then
  total = ''
else
  remaining = tonumber(redis.call('GET', KEYS[1]))
  if not remaining then return {'cold'} end
end

-- Sliding-window counter: the calls of the window before fade out as the current one passes.
local function window(start, count, previous, length)
  start = tonumber(start)
  local age = start and now - start
  if not age or age >= 2 * length or age < -length then return now, 0, 0 end
  if age >= length then return start + length, 0, tonumber(count) end
  return start, tonumber(count), tonumber(previous)
end

local function used(start, count, previous, length)
  return count + previous * (length - math.max(0, now - start)) / length
end

-- Milliseconds until one more call fits.
local function wait(limit, start, count, previous, length)
  if count < limit then
    return start + length * (1 - (limit - 1 - count) / previous) - now
  end
  return start + length + length * (1 - (limit - 1) / count) - now
end

local function seconds(ms) return whole(math.max(1, math.ceil(ms / 1000))) end

local function reply(status, limit_window, limit_left, limit_reset)
  return {status, type, figure(remaining), total, h[7], limit_window, limit_left and whole(limit_left) or '', limit_reset}
end

local limit, burst = tonumber(h[7]), tonumber(h[8])
local limit_window, limit_left, limit_reset = '', nil, ''
local length, start, count, previous
local second, second_count, second_previous
if limit then
  length = tonumber(h[9]) * 1000
  start, count, previous = window(h[15], h[16], h[17], length)
  limit_window, limit_reset = h[9], seconds(start + length - now)
  limit_left = math.max(0, math.floor(limit - used(start, count, previous, length)))
  if cost > 0 and limit_left < 1 then
    local refusal = reply('rate', limit_window, limit_left, limit_reset)
    refusal[9] = seconds(wait(limit, start, count, previous, length))
    return refusal
  end
end
if burst then
  second, second_count, second_previous = window(h[18], h[19], h[20], 1000)
  if cost > 0 and used(second, second_count, second_previous, 1000) + 1 > burst then
    local refusal = reply('rate', limit_window, limit_left, limit_reset)
    refusal[9] = seconds(wait(burst, second, second_count, second_previous, 1000))
    return refusal
  end
end

if remaining and remaining < cost then return reply('exhausted', limit_window, limit_left, limit_reset) end

if cost > 0 and redis.call('LLEN', KEYS[4]) >= tonumber(ARGV[6]) then return {'backlogged'} end

local refresh = '0'
if now - tonumber(h[11]) > tonumber(ARGV[7]) then
  refresh = '1'
  redis.call('HSET', KEYS[2], 'loaded', whole(now))
  -- A token without a quota never waits in the outbox; being used is what keeps it.
  if not remaining then redis.call('PEXPIRE', KEYS[2], TOKEN_LIFE) end
end

local ring_sync, ring_audit, event = '0', '0', ''
if cost > 0 then
  local seq = tonumber(h[13]) + 1
  local changes = {'seq', whole(seq)}
  if limit then
    limit_left = math.max(0, math.floor(limit - used(start, count + 1, previous, length)))
    changes[3], changes[4] = 'window_start', whole(start)
    changes[5], changes[6] = 'window_count', whole(count + 1)
    changes[7], changes[8] = 'window_previous', whole(previous)
  end
  if burst then
    local n = #changes
    changes[n + 1], changes[n + 2] = 'second_start', whole(second)
    changes[n + 3], changes[n + 4] = 'second_count', whole(second_count + 1)
    changes[n + 5], changes[n + 6] = 'second_previous', whole(second_previous)
  end
  redis.call('HSET', KEYS[2], unpack(changes))

  local before = remaining
  remaining = before and before - cost
  ring_sync, ring_audit, event = record({id = ARGV[1], owner = h[10], epoch = h[12], seq = seq, before = before,
    after = remaining, total = tonumber(total), action = 'consume', request = ARGV[4], now = now, ring = ARGV[5]})
end

local admitted = reply('ok', limit_window, limit_left, limit_reset)
admitted[9], admitted[10], admitted[11], admitted[12], admitted[13] = expires, refresh, ring_sync, ring_audit, event
return admitted
