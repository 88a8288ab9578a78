-- Calls one address for a number of seconds, with the tokens of a file, and prints the result as a line of JSON.
-- For wrk with one thread (-t1) and a duration of a second more than the calls are to last:
--
--   wrk -t1 -c64 -d61s -s call.lua URL -- SECONDS TOKENS BODY ORDER     (files; '' = no body)
--
-- ORDER is how the tokens follow one another: turn; uniform, at random; zipf, at random, the n-th token 1/n as often as the
-- first.
--
-- At its end wrk alone cuts off the running calls, which the server has counted and the client has not. So when the time
-- is over each connection sends only the first letter of a request. The connection then waits, no new call is counted, and
-- every call that was sent is answered before wrk ends.

local ffi = require('ffi')
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]]

local MONOTONIC = 1
local START_OF_A_REQUEST = 'P'
local moment = ffi.new('moment')
local threads = {}

local function now()
  ffi.C.clock_gettime(MONOTONIC, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanoseconds) / 1e9
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read('*a')
  file:close()
  return text
end

function setup(thread) threads[#threads + 1] = thread end

local requests, turn, ends = {}, 0, nil
local draws
local is_probe = true

function init(arguments)
  seconds, sent = tonumber(arguments[1]), 0
  local headers = { ['Content-Type'] = arguments[3] ~= '' and 'application/json' or nil }
  local body = arguments[3] ~= '' and read(arguments[3]) or nil
  for token in read(arguments[2]):gmatch('%S+') do
    headers['Authorization'] = 'Bearer ' .. token
    if not body then headers['Content-Length'] = '0' end
    requests[#requests + 1] = wrk.format('POST', nil, headers, body)
  end
  if arguments[4] ~= 'turn' then draws = draw(#requests, arguments[4] == 'zipf') end
end

-- Numbers of requests at random, drawn before the load starts. They are repeated, so there are many.
function draw(count, is_zipf)
  local DRAWS, sums, sum, drawn = 500000, {}, 0, {}
  for n = 1, count do
    sum = sum + (is_zipf and 1 / n or 1)
    sums[n] = sum
  end
  math.randomseed(1)
  for i = 1, DRAWS do
    local at, low, high = math.random() * sum, 1, count
    while low < high do
      local middle = math.floor((low + high) / 2)
      if sums[middle] > at then high = middle else low = middle + 1 end
    end
    drawn[i] = low
  end
  return drawn
end

function request()
  -- wrk calls this once before it starts, to see a request.
  if is_probe then
    is_probe = false
    return requests[1]
  end

  local time = now()
  ends = ends or time + seconds
  if time >= ends then return START_OF_A_REQUEST end
  sent = sent + 1
  turn = turn % #(draws or requests) + 1
  return requests[draws and draws[turn] or turn]
end

function done(summary, latency, _)
  assert(#threads == 1, 'one thread only: each would count for itself')
  local errors = summary.errors
  local function ms(percent) return latency:percentile(percent) / 1000 end
  print(string.format(
    '{"seconds":%d,"sent":%d,"answered":%d,"refused":%d,"broken":%d,"timeouts":%d,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f}',
    threads[1]:get('seconds'), threads[1]:get('sent'), summary.requests, errors.status,
    errors.connect + errors.read + errors.write, errors.timeout, ms(50), ms(95), ms(99)))
end
