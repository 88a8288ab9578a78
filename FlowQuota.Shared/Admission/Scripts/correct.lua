-- Records the change that explains a difference in a token's ledger: it leads from the last recorded quota to the live one.
--
-- KEYS   as in the prelude; 7 holds:<id>
-- ARGV   1 public id  2 request id  3 time to live of a ring, ms
--        4 epoch  5 seq                    position in Redis when the ledger was checked
--        6 quota_after of the newest row or event; '' = none
--        7 note: further fields of the event, with the reason
-- REPLY  {'ok', remaining, total, ring sync, ring audit, epoch, seq, event, period}
--        {'moved'}    the quota changed since: check the ledger again
--        {'cold'}  the token is not loaded, or its period is over   {'unknown'}  the token was deleted
-- KEEPS  invariants 2 and 3. The live quota stays as it is: an admission is never taken back here. What is held is what the open
--        holds say.

local h = call('HMGET', KEYS[6], 'run', 'deleted', 'type', 'owner', 'epoch', 'seq', 'total', 'period', 'due')
if h[2] then return {'unknown'} end
local after = tonumber(call('GET', KEYS[5]))
if h[1] ~= RUN or not (after or h[3] == 'time') or is_over(h[9], now_ms()) then return {'cold'} end
if h[5] ~= ARGV[4] or h[6] ~= ARGV[5] then return {'moved'} end

sum_holds(KEYS[7], h[8])
local total
if h[3] == 'time' then
  after, held, hold_ends = nil, nil, nil
else
  -- Consumed is never negative, whatever the stored numbers are.
  after = math.max(0, after)
  total = math.max(after + (held or 0), tonumber(h[7]) or 0)
end

local seq = tonumber(h[6]) + 1
call('HSET', KEYS[6], 'seq', seq, 'total', total or '')
keep_period(KEYS[6], h[8] or nil)
local event = record(ARGV[1], h[4], h[5], seq, tonumber(ARGV[6]), after, total, h[8] or nil, 'recharge',
  ARGV[2], now_ms(), ARGV[3], ARGV[7])
return {'ok', after or '', granted(total, held) or '', ring_sync, ring_audit, h[5], seq, event, h[8] or ''}
