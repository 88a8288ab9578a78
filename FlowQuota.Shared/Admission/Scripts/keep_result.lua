-- Keeps the result of the code of a call under a key, for its repeats.
--
-- KEYS   1 idem:<id>:<hash>, as admit.lua writes it
-- ARGV   1 the result
-- REPLY  {'ok'}
--        {'done', result}   another attempt under the key had a result before, which stays
--        {'none'}   the key is not remembered any more: the charge was given back, or its time is over
-- KEEPS  invariant 11: all attempts under one key get one result.

local known = call('GET', KEYS[1])
local before, behind, result = string.match(known or '', '^([^|]*|%x+) %d+( %d+ %d+ %d+ %S+ %S+ %S+ %S+ %S+)(.*)$')
if not before then return {'none'} end
if result ~= '' then return {'done', string.sub(result, 2)} end
call('SET', KEYS[1], before .. ' 0' .. behind .. ' ' .. ARGV[1], 'KEEPTTL')
return {'ok'}
