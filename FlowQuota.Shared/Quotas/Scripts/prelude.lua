-- Stands before every script, after two constants that the application writes:
--   RUN         the run id of this Redis server; it differs after every restart and fail-over, so a script of an
--               earlier run is unknown to the server (NOSCRIPT) and a state of an earlier run is known as such
--   TOKEN_LIFE  how long the keys of a token stay when it is not used, ms
--
-- Scripts that change a quota take KEYS 1 quota:<id>  2 token:<id>  3 outbox:sync  4 outbox:audit  5 ring:sync  6 ring:audit.

local function whole(number) return string.format('%.0f', number) end

local function figure(number) return number and whole(number) or '' end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Records one change of a quota: the counter, the value to sync, the audit event, and which doorbells are due.
-- change: id, owner, epoch, seq, before, after, total (nil = no quota), action, request, now, ring, and
-- note (further fields of the event; a change with a note is synced also where there is no quota).
local function record(change)
  local ring_sync, quota = '0', ''
  if change.before or change.after or change.note then
    local before, after = change.before, change.after
    quota = ',"before":' .. (before and whole(before) or 'null') .. ',"after":' .. (after and whole(after) or 'null') ..
      ',"change":' .. whole((after or 0) - (before or 0))
    if after then
      redis.call('SET', KEYS[1], whole(after))
    else
      redis.call('DEL', KEYS[1])
    end
    local value = change.epoch .. ':' .. whole(change.seq) .. ':' .. figure(after) .. ':' .. figure(change.total)
    if redis.call('HSET', KEYS[3], change.id, value) == 1 then
      -- Now pending: the token may not expire until a drain has written it (SET took the counter's own life away).
      redis.call('PERSIST', KEYS[2])
    end
    if redis.call('SET', KEYS[5], '1', 'NX', 'PX', change.ring) then ring_sync = '1' end
  end
  local event = '{"token":"' .. change.id .. '",' .. change.owner .. ',"epoch":' .. change.epoch ..
    ',"seq":' .. whole(change.seq) .. quota .. ',"action":"' .. change.action ..
    '","request_id":"' .. change.request .. '","at":' .. whole(change.now) .. (change.note or '') .. '}'
  redis.call('RPUSH', KEYS[4], event)
  local ring_audit = redis.call('SET', KEYS[6], '1', 'NX', 'PX', change.ring) and '1' or '0'
  return ring_sync, ring_audit, event
end

