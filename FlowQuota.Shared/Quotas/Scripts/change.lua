-- Puts an admin's change into force: the terms, unless they are older than those known, and the quota, once.
--
-- KEYS   as in the prelude; 7 idem:<id>:<hash>, remembers the change of the quota
-- ARGV   1 public id  2 request id  3 ring life, ms
--        4 operation: none, add, set, reset   5 amount; '' = none given
--        6 row version  7 secret hash  8 active  9 type  10 expires, ms  11 limit  12 burst  13 window, s  14 owner
--        15 fingerprint; '' = the change is not remembered   16 for how long it is, ms
-- REPLY  {'ok', remaining, total, ring sync, ring audit, epoch, seq, event}   event '' = the quota did not change
--        {'done', remaining, total, ring sync, ring audit, epoch, seq}   an earlier run changed the quota under this key, and
--                       this is what it led to; the terms are in force
--        {'mismatch'}   an earlier run did something else under this key
--        {'cold'}       the quota is to be changed but is not loaded
--        {'unknown'}    the token was deleted
--        {'unmetered'}  a quota operation on a token without a quota
--        {'unset'}      a reset without an amount on a token that never had one
--        {'overflow'}   more than 2,147,483,647 calls
-- KEEPS  invariants 2, 3, 7 and 15 (a change is applied once: change and key are one step, and are lost together);
--        consumed = total - remaining, never negative.

local MOST = 2147483647
local operation, amount = ARGV[4], tonumber(ARGV[5])

-- What is remembered: fingerprint, state, epoch, seq, remaining, total.
local done
if operation ~= 'none' and ARGV[15] ~= '' then
  local known = call('GET', KEYS[7])
  if known then
    local fingerprint, epoch, seq, remaining, total = string.match(known, '^(%x+) done (%d+) (%d+) (%d*) (%d*)$')
    if fingerprint ~= ARGV[15] then return {'mismatch'} end
    operation, done = 'none', {'done', remaining, total, '0', '0', epoch, seq}
  end
end

local h = call('HMGET', KEYS[6], 'run', 'deleted', 'version', 'type', 'epoch', 'seq', 'total', 'owner')
if h[2] then return {'unknown'} end

local newer = not h[3] or tonumber(ARGV[6]) >= tonumber(h[3])
local type = newer and ARGV[9] or h[4]
local before = tonumber(call('GET', KEYS[5]))
local hot = h[1] == RUN and (before or h[4] == 'time')
if operation ~= 'none' then
  if type == 'time' then return {'unmetered'} end
  if not hot then return {'cold'} end
end

local total = tonumber(h[7])
local after, action, new_total = before, 'recharge', total
if hot then
  if type == 'time' then
    after, new_total, action = nil, nil, 'init'
  elseif operation ~= 'none' or not before then
    local had, of = before or 0, total or 0
    if operation == 'add' then
      after, new_total = had + amount, of + amount
    elseif operation == 'set' then
      after, new_total = amount, of - had + amount
    elseif operation == 'reset' then
      if not amount and of == 0 then return {'unset'} end
      after, new_total, action = amount or of, amount or of, 'init'
    else
      after, new_total, action = 0, 0, 'init'
    end
    if after > MOST or new_total > MOST then return {'overflow'} end
  end
end

local now = now_ms()
if newer then
  call('HSET', KEYS[6], 'version', ARGV[6], 'secret', ARGV[7], 'active', ARGV[8], 'type', ARGV[9], 'expires', ARGV[10],
    'limit', ARGV[11], 'burst', ARGV[12], 'window', ARGV[13], 'owner', ARGV[14], 'loaded', now)
  if not h[3] then call('PEXPIRE', KEYS[6], TOKEN_LIFE) end
  -- A quota that is gone from here must not pass for one that a time token never had: the token stays cold.
  if not hot and not before then call('HDEL', KEYS[6], 'run', 'epoch', 'seq', 'total') end
end

local epoch, seq = h[5] or '', h[6] or ''
local ring_sync, ring_audit, event = '0', '0', ''
if hot and (operation ~= 'none' or before ~= after) then
  seq = tonumber(seq) + 1
  call('HSET', KEYS[6], 'seq', seq, 'total', new_total or '')
  ring_sync, ring_audit, event = record(ARGV[1], newer and ARGV[14] or h[8], epoch, seq, before, after, new_total, action,
    ARGV[2], now, ARGV[3])
  if operation ~= 'none' and ARGV[15] ~= '' then
    local figures = (after or '') .. ' ' .. (new_total or '')
    call('SET', KEYS[7], ARGV[15] .. ' done ' .. epoch .. ' ' .. seq .. ' ' .. figures, 'PX', ARGV[16])
  end
end
if done then
  done[4], done[5] = ring_sync, ring_audit
  return done
end
return {'ok', after or '', new_total or '', ring_sync, ring_audit, epoch, seq, event}
