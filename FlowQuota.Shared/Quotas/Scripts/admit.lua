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
--        and 9 (a refusal costs nothing: it stands before every write, and a full outbox takes its event back).

local cost = tonumber(ARGV[3])
local h = call('HMGET', KEYS[2],
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
  total = nil
else
  remaining = tonumber(call('GET', KEYS[1]))
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
  if previous == 0 then return count end
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

local limit, burst = tonumber(h[7]), tonumber(h[8])
local limit_left, limit_reset = '', ''
local length, start, count, previous
local second, second_count, second_previous
if limit then
  length = tonumber(h[9]) * 1000
  start, count, previous = window(h[15], h[16], h[17], length)
  limit_reset = seconds(start + length - now)
  limit_left = math.max(0, math.floor(limit - used(start, count, previous, length)))
  if cost > 0 and limit_left < 1 then
    return {'rate', type, remaining or '', total or '', h[7], h[9], limit_left, limit_reset,
      seconds(wait(limit, start, count, previous, length))}
  end
end
if burst then
  second, second_count, second_previous = window(h[18], h[19], h[20], 1000)
  if cost > 0 and used(second, second_count, second_previous, 1000) + 1 > burst then
    return {'rate', type, remaining or '', total or '', h[7], h[9], limit_left, limit_reset,
      seconds(wait(burst, second, second_count, second_previous, 1000))}
  end
end

if remaining and remaining < cost then
  return {'exhausted', type, remaining, total, h[7], h[9], limit_left, limit_reset}
end

local ring_sync, ring_audit, event = '0', '0', ''
if cost > 0 then
  local seq = tonumber(h[13]) + 1
  local after = remaining and remaining - cost
  ring_sync, ring_audit, event = record(ARGV[1], h[10], h[12], seq, remaining, after, total, 'consume', ARGV[4], now, ARGV[5], tonumber(ARGV[6]))
  if not event then return {'backlogged'} end
  remaining = after

  local changes = {'seq', seq}
  if limit then
    limit_left = math.max(0, math.floor(limit - used(start, count + 1, previous, length)))
    changes[3], changes[4] = 'window_count', count + 1
    if count == 0 then
      changes[5], changes[6], changes[7], changes[8] = 'window_start', start, 'window_previous', previous
    end
  end
  if burst then
    local n = #changes
    changes[n + 1], changes[n + 2] = 'second_count', second_count + 1
    if second_count == 0 then
      changes[n + 3], changes[n + 4], changes[n + 5], changes[n + 6] = 'second_start', second, 'second_previous', second_previous
    end
  end
  call('HSET', KEYS[2], unpack(changes))
end

local refresh = '0'
if now - tonumber(h[11]) > tonumber(ARGV[7]) then
  refresh = '1'
  call('HSET', KEYS[2], 'loaded', now)
  -- A token without a quota never waits in the outbox; being used is what keeps it.
  if not remaining then call('PEXPIRE', KEYS[2], TOKEN_LIFE) end
end

return {'ok', type, remaining or '', total or '', h[7], h[9], limit_left, limit_reset, expires, refresh, ring_sync, ring_audit, event}
