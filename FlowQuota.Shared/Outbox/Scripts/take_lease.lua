-- Takes the right to drain an outbox.
--
-- KEYS   1 lease
-- ARGV   1 owner   2 its life, ms
-- REPLY  {'taken'}   {'held'}  by another drain
-- KEEPS  a drain that died blocks others no longer than the life of its lease, also if this server's clock was set back: a
--        lease that is to last for longer than its life is over.

if call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return {'taken'} end
if call('PTTL', KEYS[1]) <= tonumber(ARGV[2]) then return {'held'} end
call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'taken'}
