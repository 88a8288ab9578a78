-- Begins the next period of a token: what is left of the one that is over lapses, as far as it is not carried over, and the
-- new one's amount is added.
--
-- KEYS   as in the prelude
-- ARGV   1 public id  2 request id  3 time to live of a ring, ms
--        4 epoch  5 seq  6 end of the period  14 rule of the periods   as the caller saw them
--        7 units that lapse  8 units that are added  9 the new period
--        10 number of the period that is over  11 number of the new one  12 its start, ms
--        13 note for the new period's event: further fields
-- REPLY  {'ok', ring sync, ring audit}
--        {'moved'}  another caller began it, the token is cold or deleted, or the new period has not begun: this server's clock
--                   was set back since the caller read it
-- KEEPS  invariant 10 (time changes a balance once): since the period's end no script has touched the quota, so nothing is
--        taken from the old period and nothing twice from the new one.

local h = call('HMGET', KEYS[6], 'run', 'deleted', 'epoch', 'seq', 'due', 'owner', 'rule')
local before, now = tonumber(call('GET', KEYS[5])), now_ms()
if h[1] ~= RUN or h[2] or not before or h[3] ~= ARGV[4] or h[4] ~= ARGV[5] or string.match(h[5] or '', '^%d+') ~= ARGV[6] or h[7] ~= ARGV[14]
  or not is_over(h[5], now) or now < tonumber(ARGV[12]) then
  return {'moved'}
end

local seq, after, period = tonumber(h[4]), before, ARGV[9]
read_holds(h[5])
-- What is held now was paid by the period that is over.
held = held and 0
local function change(units, action, note)
  local from = after
  seq, after = seq + 1, after + units
  record(ARGV[1], h[6], h[3], seq, from, after, after, period, action, ARGV[2], now, ARGV[3], note)
end
if ARGV[7] ~= '0' then
  change(-tonumber(ARGV[7]), 'expire', ',"effective_at":' .. ARGV[6] .. ',"period":' .. ARGV[10])
end
change(tonumber(ARGV[8]), 'refill', ',"effective_at":' .. ARGV[12] .. ',"period":' .. ARGV[11] .. ARGV[13])
call('HSET', KEYS[6], 'seq', seq, 'total', after)
keep_period(KEYS[6], period)
return {'ok', ring_sync, ring_audit}
