-- Precedes every script, after two constants that the application writes:
--   RUN         the run id of this Redis server; it differs after every restart and fail-over, so a script of an
--               earlier run is unknown to the server (NOSCRIPT) and a state of an earlier run is recognized
--   TOKEN_LIFE  time to live of an unused token's keys, ms
--
-- Scripts that change quotas take KEYS 1 outbox:sync  2 outbox:audit  3 ring:sync  4 ring:audit  5 quota:<id>  6 token:<id>;
-- an admission has three for each of its tokens instead.

-- A whole number as text. Takes half the time of '..', which matters in each call.
local call, format = redis.call, string.format

local function text(number) return format('%d', number) end

local function now_ms()
  local time = call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- True for the secret before the present one, until its grace ends. Only a rotated token has these fields.
local function is_earlier_secret(token, secret, now)
  local h = call('HMGET', token, 'earlier_secret', 'earlier_until')
  return h[1] == secret and now < tonumber(h[2] or 0)
end

-- A lease names its owner and the run under which it was taken, because a restart may lose what a drain has read.
local function lease_of(owner) return owner .. ':' .. RUN end

-- due, a field of the token's hash, is the earliest instant at which time does something to the balance: the end of the
-- period, or of the first hold to end. If there are holds, the units that they keep and the end of the first one follow.
local function due_of(period_ends, held, hold_ends)
  if not hold_ends then return period_ends end
  return text(math.min(tonumber(period_ends) or hold_ends, hold_ends)) .. ' ' .. text(held) .. ' ' .. text(hold_ends)
end

-- True if that instant is past: the quota is not to be touched before turn.lua or hold.lua has done it.
local function is_over(due, now) return due and now >= tonumber(string.match(due, '^%d+')) end

-- The total of a quota, with the units that are held: 'total' or 'total/held'.
local function granted(total, held) return held and held > 0 and total and text(total) .. '/' .. text(held) or total end

-- Sets a ring. Returns '1' if it was not set; the caller must then send a doorbell. If its time left is much longer than its
-- time to live, this server's clock was set back since, and the ring is over.
local function ring(key, life)
  if call('SET', key, '1', 'NX', 'PX', life) then return '1' end
  if call('PTTL', key) <= 4 * life then return '0' end
  call('SET', key, '1', 'PX', life)
  return '1'
end

-- Appends events to an outbox. Returns true if a doorbell is due because the outbox was empty. While it is not empty, further
-- doorbells are due from time to time, in case one was lost.
local function append(outbox, events)
  local added = #events
  local waiting = call('RPUSH', outbox, unpack(events))
  return waiting == added or math.floor(waiting / 16) > math.floor((waiting - added) / 16)
end

-- The event of a change, in four parts: the token, the position and numbers, the kind of change, and the time. All arguments
-- are strings; before, after and change are nil if there is no quota; note is further fields.
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

-- The value of a token in outbox:sync; total as granted writes it. A quota that waits for SQL does not expire: SET and MSET
-- remove its time to live, and the drain gives it a new one.
local function value_to_sync(epoch, seq, after, total, period)
  return epoch .. ':' .. seq .. ':' .. (after or '') .. ':' .. (total or '') .. (period and ':' .. period or '')
end
