-- Finds the tokens whose terms or quotas are not as SQL's terms say. Changes nothing.
--
-- KEYS   for each token: quota:<id>, token:<id>
-- ARGV   for each token its terms, in the order of TermsFormat
-- REPLY  the numbers of these tokens, from 1
-- KEEPS  7 (revoked means revoked): a token that is left out is in force as SQL has it.

local FIELDS = {'version', 'secret', 'active', 'type', 'expires', 'limit', 'burst', 'window', 'owner'}
local TERMS = #FIELDS + 2

local function is_in_force(quota, token, first)
  local h = call('HMGET', token, unpack(FIELDS))
  local more = call('HMGET', token, 'rule', 'total', 'period', 'earlier_secret', 'earlier_until')
  if more[4] then h[2] = (h[2] or '') .. ' ' .. more[4] .. ' ' .. (more[5] or '') end
  local rule = more[1] or ''
  if rule ~= ARGV[first + #FIELDS] then return false end
  for n = 1, #FIELDS do
    if h[n] ~= ARGV[first + n - 1] then return false end
  end
  return not settle(ARGV[first + 3], rule, ARGV[first + TERMS - 1], tonumber(call('GET', quota)), tonumber(more[2]), more[3] or nil)
end

local others = {}
for n = 1, #KEYS / 2 do
  if not is_in_force(KEYS[2 * n - 1], KEYS[2 * n], 1 + TERMS * (n - 1)) then others[#others + 1] = text(n) end
end
return others
