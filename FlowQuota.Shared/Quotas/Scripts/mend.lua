-- Writes the record that explains a difference in a token's books: it leads from where the records end to what is live.
--
-- KEYS   as in the prelude
-- ARGV   1 public id  2 request id  3 ring life, ms
--        4 epoch  5 seq                    where Redis stood when the books were looked at
--        6 quota_after of the newest record; '' = none
--        7 note: further fields of the event, with the reason
-- REPLY  {'ok', remaining, total, ring sync, ring audit, epoch, seq, event}
--        {'moved'}    something changed since: look at the books again
--        {'cold'}  {'unknown'}  the token was deleted
-- KEEPS  invariants 2 and 3. What is live stays as it is: what was admitted was admitted.

local h = call('HMGET', KEYS[6], 'run', 'deleted', 'type', 'owner', 'epoch', 'seq', 'total')
if h[2] then return {'unknown'} end
local after = tonumber(call('GET', KEYS[5]))
if h[1] ~= RUN or not (after or h[3] == 'time') then return {'cold'} end
if h[5] ~= ARGV[4] or h[6] ~= ARGV[5] then return {'moved'} end

local total
if h[3] == 'time' then
  after = nil
else
  -- Consumed is never negative, whoever wrote these figures.
  after = math.max(0, after)
  total = math.max(after, tonumber(h[7]) or 0)
end

local seq = tonumber(h[6]) + 1
call('HSET', KEYS[6], 'seq', seq, 'total', total or '')
local ring_sync, ring_audit, event = record(ARGV[1], h[4], h[5], seq, tonumber(ARGV[6]), after, total, 'recharge',
  ARGV[2], now_ms(), ARGV[3], ARGV[7])
return {'ok', after or '', total or '', ring_sync, ring_audit, h[5], seq, event}
