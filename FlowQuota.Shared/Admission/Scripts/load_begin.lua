-- Announces that a token that Redis does not hold (any more) is about to be loaded from SQL.
--
-- KEYS   1 quota:<id>  2 token:<id>  3 outbox:sync
-- ARGV   1 public id  2 nonce of this load  3 ms during which another load has precedence
-- REPLY  {'load', value that waits for SQL, state of an earlier run}   each as in outbox:sync, or ''
--        {'hot'}  nothing to do   {'busy'}  another load is under way   {'unknown'}  the token was deleted
-- KEEPS  invariant 1: the waiting value is read before SQL is, so no change is missed between the two.

local h = call('HMGET', KEYS[2], 'run', 'deleted', 'type', 'loading', 'loading_since', 'epoch', 'seq', 'total', 'period')
if h[2] then return {'unknown'} end
local remaining = call('GET', KEYS[1])
if h[1] == RUN and (remaining or h[3] == 'time') then return {'hot'} end

local now = now_ms()
-- The start of a load is in the future if this server's clock was set back since.
local age = h[4] and now - tonumber(h[5])
if age and age >= 0 and age < tonumber(ARGV[3]) then return {'busy'} end
call('HSET', KEYS[2], 'loading', ARGV[2], 'loading_since', now)
if not h[1] then call('PEXPIRE', KEYS[2], TOKEN_LIFE) end

local earlier = ''
if h[6] and (remaining or h[3] == 'time') then
  -- Also of a time token: its type may have changed while its quota was not yet given up.
  earlier = h[6] .. ':' .. h[7] .. ':' .. (remaining or '') .. ':' .. (h[8] or '') .. (h[9] and ':' .. h[9] or '')
end
return {'load', call('HGET', KEYS[3], ARGV[1]) or '', earlier}
