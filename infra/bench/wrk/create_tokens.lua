-- Creates tokens and writes them to a file, one a line. For wrk with one thread. The caller stops wrk when all lines are
-- there, because it would run to the end of its duration.
--
--   wrk -t1 -c16 -d120s -s create_tokens.lua URL -- COUNT ADMIN_HEADER BODY OUT     (the last three are files)

local function read(path)
  local file = assert(io.open(path))
  local text = file:read('*a')
  file:close()
  return text
end

local count, creation, out
local asked, made = 0, 0

function init(arguments)
  count = tonumber(arguments[1])
  local headers = { ['Content-Type'] = 'application/json' }
  headers['Authorization'] = read(arguments[2]):match('^Authorization: (.-)%s*$')
  creation = wrk.format('POST', nil, headers, read(arguments[3]))
  out = assert(io.open(arguments[4], 'w'))
  -- wrk calls this once before it starts, to see a request.
  asked = -1
end

function request()
  asked = asked + 1
  -- Enough are on their way: this connection waits (see call.lua).
  if asked > count then return 'P' end
  return creation
end

function response(_, _, body)
  out:write(assert(body:match('"access_token":"([^"]+)"'), body), '\n')
  made = made + 1
  if made == count then
    out:close()
  end
end
