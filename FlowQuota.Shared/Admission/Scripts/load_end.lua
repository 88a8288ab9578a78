-- Puts a token in place that was loaded from SQL, under an epoch that no other load was given.
--
-- KEYS   as in the prelude; 7 holds:<id>
-- ARGV   1 public id  2 nonce of this load; '' = a token just made, whose id no caller has yet
--        3 epoch  4 seq  5 remaining  6 total  7 period; '' = none
--        8 row version  9 secrets  10 active  11 type  12 expires, ms  13 limit  14 burst  15 window, s  16 owner
--        17 rule of the periods; '' = none  18 bounds of the first period, if it began now
--        19 time to live of a ring, ms
--        20 position of the newest row in SQL, 'epoch seq'; then the holds that are open there: id, state
-- REPLY  {'ok', ring sync, ring audit}   {'unknown'}  the token was deleted
--        {'lost'}  another load took over, or the keys were removed during the load
-- KEEPS  invariant 1: of several loads one wins, and only one whose SQL read came after it was announced; and 3 (the
--        chain holds): if the terms are new to the quota and no event says so (the admin's call died after SQL had the
--        terms, or the token was cold), that change is recorded here.

local h = call('HMGET', KEYS[6], 'deleted', 'loading', 'version')
if h[1] then return {'unknown'} end
if ARGV[2] == '' then
  if h[2] or h[3] then return {'lost'} end
elseif h[2] ~= ARGV[2] then
  return {'lost'}
end

call('HDEL', KEYS[6], 'loading', 'loading_since')
if not h[3] or tonumber(ARGV[8]) >= tonumber(h[3]) then keep_terms(KEYS[6], 8) end

-- The position of the last change of the holds in Redis. Up to the newest row, those in SQL are complete.
local function is_newer_than_sql(at)
  if not at then return false end
  local epoch, seq = string.match(at, '^(%d+) (%d+)$')
  local sql_epoch, sql_seq = string.match(ARGV[20], '^(%d+) (%d+)$')
  epoch, sql_epoch = tonumber(epoch), tonumber(sql_epoch)
  return epoch > sql_epoch or epoch == sql_epoch and tonumber(seq) > tonumber(sql_seq)
end

local now = now_ms()
local terms = call('HMGET', KEYS[6], 'type', 'owner', 'rule')
local remaining, total, period = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] ~= '' and ARGV[7] or nil
if terms[1] ~= 'time' and not remaining then remaining, total = 0, 0 end
if not is_newer_than_sql(call('HGET', KEYS[7], 'at')) then
  call('DEL', KEYS[7])
  if #ARGV > 20 then call('HSET', KEYS[7], 'at', ARGV[20], unpack(ARGV, 21)) end
end
if remaining then sum_holds(KEYS[7], period) end

local seq, before, new = tonumber(ARGV[4]), remaining, nil
local ends = period and terms[1] ~= 'time' and terms[3] and select(3, read_period(period))
-- If the period is over, the next one begins by the new rule.
if not is_over(ends, now) then new = settle(terms[1], terms[3] or '', ARGV[18], remaining, total, period) end
if new then
  seq, remaining, total, period = seq + 1, new.after, new.total, new.period
elseif terms[1] == 'time' then
  total, period = nil, nil
end
call('HSET', KEYS[6], 'run', RUN, 'loaded', now, 'epoch', ARGV[3], 'seq', seq, 'total', total or '')
keep_period(KEYS[6], period)
if remaining then
  call('SET', KEYS[5], remaining)
else
  call('DEL', KEYS[5])
end
if new then
  record(ARGV[1], terms[2], ARGV[3], seq, before, remaining, total, period, new.action, ARGV[2], now, ARGV[19], new.note)
end

call('PEXPIRE', KEYS[6], TOKEN_LIFE)
if call('HEXISTS', KEYS[1], ARGV[1]) == 0 then call('PEXPIRE', KEYS[5], TOKEN_LIFE) end
return {'ok', ring_sync, ring_audit}
