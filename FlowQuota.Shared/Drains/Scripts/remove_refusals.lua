-- Removes counts of refused calls that SQL has and that grow no more, because their quarter of an hour is long over.
--
-- KEYS   1 refusals
-- ARGV   for each count: field (as admit.lua writes it), value
-- REPLY  {'ok'}
-- KEEPS  a count is removed only as SQL has it, so no refusal is lost; SQL has the whole count, so none is counted twice.

local now = now_ms()
for i = 1, #ARGV, 2 do
  local start = tonumber(string.match(ARGV[i], '^%d+'))
  if start and now - start >= 1800000 and call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then call('HDEL', KEYS[1], ARGV[i]) end
end
return {'ok'}
