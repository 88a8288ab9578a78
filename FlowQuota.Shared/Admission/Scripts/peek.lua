-- Reads the live quota of a token for an admin, and whether SQL has it yet.
--
-- KEYS   1 quota:<id>  2 token:<id>  3 outbox:sync  4 holds:<id>
-- ARGV   1 public id
-- REPLY  {'ok', remaining, total, epoch, seq, '1' = waits for SQL, period, when time next changes the balance, rule, time in ms,
--        units held, the same by the holds themselves, holds to end now: ids, the first to end first, row version}   '' = the token has none.
--        Of the holds to end now, those that end after the period are left out, because its end comes first
--        {'cold', value that waits for SQL}   {'unknown'}

local h = call('HMGET', KEYS[2], 'run', 'deleted', 'type', 'epoch', 'seq', 'total', 'period', 'due', 'rule', 'version')
if h[2] then return {'unknown'} end
local remaining = call('GET', KEYS[1])
if h[1] ~= RUN or not (remaining or h[3] == 'time') then
  return {'cold', call('HGET', KEYS[3], ARGV[1]) or ''}
end
local waits = call('HEXISTS', KEYS[3], ARGV[1]) == 1 and '1' or '0'
local is_time = h[3] == 'time'
local now = now_ms()

read_holds(h[8])
local recorded, ending = held, {}
if hold_ends then
  local until_ms = math.min(now, h[7] and tonumber((select(3, read_period(h[7])))) or now)
  ending = ending_holds(KEYS[4], until_ms)
  sum_holds(KEYS[4], h[7])
end
return {'ok', is_time and '' or remaining, is_time and '' or h[6], h[4], h[5], waits, h[7] or '',
  string.match(h[8] or '', '^%d+') or '', h[9] or '', text(now), recorded or '', hold_ends and held or '', table.concat(ending, ' '), h[10] or ''}
