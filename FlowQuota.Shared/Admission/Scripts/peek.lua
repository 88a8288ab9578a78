-- Reads the live quota of a token for an admin, and whether SQL has it yet.
--
-- KEYS   1 quota:<id>  2 token:<id>  3 outbox:sync
-- ARGV   1 public id
-- REPLY  {'ok', remaining, total, epoch, seq, '1' = waits for SQL, period, its end, rule, time in ms, row version}   period,
--        end and rule are '' for a token without periods   {'cold', value that waits for SQL}   {'unknown'}

local h = call('HMGET', KEYS[2], 'run', 'deleted', 'type', 'epoch', 'seq', 'total', 'period', 'due', 'rule', 'version')
if h[2] then return {'unknown'} end
local remaining = call('GET', KEYS[1])
if h[1] ~= RUN or not (remaining or h[3] == 'time') then
  return {'cold', call('HGET', KEYS[3], ARGV[1]) or ''}
end
local waits = call('HEXISTS', KEYS[3], ARGV[1]) == 1 and '1' or '0'
local is_time = h[3] == 'time'
return {'ok', is_time and '' or remaining, is_time and '' or h[6], h[4], h[5], waits, h[7] or '', h[8] or '', h[9] or '', text(now_ms()), h[10] or ''}
