-- Finds the tokens whose terms or quotas are not as SQL's terms say. Changes nothing.
--
-- KEYS   for each token: quota:<id>, token:<id>
-- ARGV   for each token its terms, in the order of TermsFormat
-- REPLY  the numbers of these tokens, from 1
-- KEEPS  7 (revoked means revoked): a token that is left out is in force as SQL has it.

local FIELDS = {'version', 'secret', 'active', 'type', 'expires', 'limit', 'burst', 'window', 'owner'}
local TERMS = #FIELDS + 2

local function is_in_force(quota, token, first)
  local h = call('HMGET', token, 'rule', 'total', 'period', unpack(FIELDS))
  if (h[1] or '') ~= ARGV[first + #FIELDS] then return false end
  for n = 1, #FIELDS do
    if h[3 + n] ~= ARGV[first + n - 1] then return false end
  end
  return not settle(ARGV[first + 3], h[1] or '', ARGV[first + TERMS - 1], tonumber(call('GET', quota)), tonumber(h[2]), h[3] or nil)
end

local others = {}
for n = 1, #KEYS / 2 do
  if not is_in_force(KEYS[2 * n - 1], KEYS[2 * n], 1 + TERMS * (n - 1)) then others[#others + 1] = text(n) end
end
return others
