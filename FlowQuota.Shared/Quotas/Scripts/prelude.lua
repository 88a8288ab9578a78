-- Stands before every script, after two constants that the application writes:
--   RUN         the run id of this Redis server; it differs after every restart and fail-over, so a script of an
--               earlier run is unknown to the server (NOSCRIPT) and a state of an earlier run is known as such
--   TOKEN_LIFE  how long the keys of a token stay when it is not used, ms
--
-- Scripts that change a quota take KEYS 1 quota:<id>  2 token:<id>  3 outbox:sync  4 outbox:audit  5 ring:sync  6 ring:audit.

-- Numbers that are counted are whole, and so are written as they stand; only what was divided goes through whole().
local call = redis.call

local function whole(number) return string.format('%.0f', number) end

local function now_ms()
  local time = call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Sets a ring; '1' = it was not set, so that the caller owes a doorbell.
local function ring(key, life) return call('SET', key, '1', 'NX', 'PX', life) and '1' or '0' end

-- Records one change of a quota: the audit event, the counter, the value to sync, and which doorbells are due.
-- Takes before, after and total as nil where there is no quota; note is further fields of the event, and a change with
-- a note is synced also where there is no quota. A doorbell is due when an outbox was empty; that it is
-- asked for again and again while something waits is only for a doorbell that was lost.
-- Returns ring sync, ring audit, event; nothing where most_waiting events wait already, and then nothing is written.
local function record(id, owner, epoch, seq, before, after, total, action, request, now, ring_life, most_waiting, note)
  local quota = ''
  local is_change = before or after or note
  if is_change then
    quota = ',"before":' .. (before or 'null') .. ',"after":' .. (after or 'null') ..
      ',"change":' .. (after or 0) - (before or 0)
  end
  local event = '{"token":"' .. id .. '",' .. owner .. ',"epoch":' .. epoch .. ',"seq":' .. seq .. quota ..
    ',"action":"' .. action .. '","request_id":"' .. request .. '","at":' .. now .. (note or '') .. '}'
  local waiting = call('RPUSH', KEYS[4], event)
  if most_waiting and waiting > most_waiting then
    call('RPOP', KEYS[4])
    return
  end

  local asks = waiting == 1 or waiting % 16 == 0
  local ring_sync, ring_audit = '0', '0'
  if asks then ring_audit = ring(KEYS[6], ring_life) end
  if is_change then
    if after then
      call('SET', KEYS[1], after)
    else
      call('DEL', KEYS[1])
    end
    local is_new = call('HSET', KEYS[3], id, epoch .. ':' .. seq .. ':' .. (after or '') .. ':' .. (total or '')) == 1
    -- Now pending: the token may not expire until a drain has written it (SET took the counter's own life away).
    if is_new then call('PERSIST', KEYS[2]) end
    if is_new or asks then ring_sync = ring(KEYS[5], ring_life) end
  end
  return ring_sync, ring_audit, event
end

