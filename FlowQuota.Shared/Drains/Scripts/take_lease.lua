-- Takes the right to drain an outbox.
--
-- KEYS   1 lease
-- ARGV   1 owner   2 its time to live, ms
-- REPLY  {'taken'}   {'held'}  by another drain
--        A lease that the same owner took is taken again: its reply was lost.
-- KEEPS  a drain that died blocks others no longer than the time to live of its lease, also if this server's clock was set
--        back: a lease with a longer time left is over. So is one that was taken under another run of the server.

local lease = lease_of(ARGV[1])
if call('SET', KEYS[1], lease, 'NX', 'PX', ARGV[2]) then return {'taken'} end
local held = call('GET', KEYS[1])
local run = string.match(held or '', ':(.+)$')
if held ~= lease and (not run or run == RUN) and call('PTTL', KEYS[1]) <= tonumber(ARGV[2]) then return {'held'} end
call('SET', KEYS[1], lease, 'PX', ARGV[2])
return {'taken'}
