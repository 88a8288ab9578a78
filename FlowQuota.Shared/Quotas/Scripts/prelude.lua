-- Stands before every script, after two constants that the application writes:
--   RUN         the run id of this Redis server; it differs after every restart and fail-over, so a script of an
--               earlier run is unknown to the server (NOSCRIPT) and a state of an earlier run is known as such
--   TOKEN_LIFE  how long the keys of a token stay when it is not used, ms
--
-- Scripts that change quotas take KEYS 1 outbox:sync  2 outbox:audit  3 ring:sync  4 ring:audit  5 quota:<id>  6 token:<id>;
-- an admission goes on with the quota:<id> and token:<id> of each further token.

-- A whole number as text: half the time of what .. does to it, which counts with each call.
local call, format = redis.call, string.format

local function text(number) return format('%d', number) end

local function now_ms()
  local time = call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Sets a ring; '1' = it was not set, so that the caller owes a doorbell. One that is to last for much longer than its life was
-- set before this server's clock was set back, and is over.
local function ring(key, life)
  if call('SET', key, '1', 'NX', 'PX', life) then return '1' end
  if call('PTTL', key) <= 4 * life then return '0' end
  call('SET', key, '1', 'PX', life)
  return '1'
end

-- Appends events to an outbox. True = a doorbell is due: it was empty; that one is asked for again and again while
-- something waits is only for a doorbell that was lost.
local function append(outbox, events)
  local added = #events
  local waiting = call('RPUSH', outbox, unpack(events))
  return waiting == added or math.floor(waiting / 16) > math.floor((waiting - added) / 16)
end

-- The event of a change, in four parts: what is the token's, its place and figures, what kind of change it is, and when. All
-- arguments are texts; before, after and change are nil where there is no quota; note is further fields.
local function event_head(id, owner, epoch) return '{"token":"' .. id .. '",' .. owner .. ',"epoch":' .. epoch .. ',"seq":' end

local function event_middle(change, action)
  return (change and ',"change":' .. change or '') .. ',"action":"' .. action .. '","request_id":"'
end

local function event_of(head, seq, before, after, middle, request, tail)
  if before or after then
    return head .. seq .. ',"before":' .. (before or 'null') .. ',"after":' .. (after or 'null') .. middle .. request .. tail
  end
  return head .. seq .. middle .. request .. tail
end

local function event_tail(now, note) return '","at":' .. text(now) .. (note or '') .. '}' end

-- Stores what a token has left, and the value to sync. True = nothing of the token waited for SQL.
local function keep(quota, token, id, epoch, seq, after, total)
  if after then
    call('SET', quota, after)
  else
    call('DEL', quota)
  end
  local is_new = call('HSET', KEYS[1], id, epoch .. ':' .. seq .. ':' .. (after or '') .. ':' .. (total or '')) == 1
  -- Now pending: the token may not expire until a drain has written it (SET took the counter's own life away).
  if is_new then call('PERSIST', token) end
  return is_new
end

-- Records one change of the quota of KEYS 5 and 6: the audit event, the counter, the value to sync, and which doorbells
-- are due. A change with a note is synced also if there is no quota. The event states the total, except for a refund,
-- which leaves it as it was. Returns ring sync, ring audit, event.
local function record(id, owner, epoch, seq, before, after, total, action, request, now, ring_life, note)
  local change = (before or after) and text((after or 0) - (before or 0))
  local stated = total and action ~= 'refund' and ',"total":' .. text(total) or ''
  local tail = event_tail(now, (note or '') .. stated)
  local event = event_of(event_head(id, owner, epoch), seq, before, after, event_middle(change, action), request, tail)
  local asks = append(KEYS[2], {event})
  local ring_sync, ring_audit = '0', asks and ring(KEYS[4], ring_life) or '0'
  if before or after or note then
    local is_new = keep(KEYS[5], KEYS[6], id, epoch, seq, after, total)
    if is_new or asks then ring_sync = ring(KEYS[3], ring_life) end
  end
  return ring_sync, ring_audit, event
end

