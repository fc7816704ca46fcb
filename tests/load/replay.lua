-- Replays, once, what record.py wrote down, and prints the seconds from the first request to the last answer but those of the
-- other connections:
--
--   RECORD=FILE wrk -t1 -c8 -d600 -s replay.lua URL
--
-- wrk sleeps until its duration is over whatever a script does, so the script ends the process itself.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } launchgate_time;
  int clock_gettime(int clock, launchgate_time *time);
  void _exit(int status);
]]

local time = ffi.new("launchgate_time")
local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

local requests, sent, began = {}, 0, nil
-- wrk looks at one request before it sends any.
local looked = false

function init()
  local file = assert(io.open(assert(os.getenv("RECORD"), "RECORD names no file"), "rb"))
  for size in file:lines() do
    requests[#requests + 1] = file:read(tonumber(size))
  end
  file:close()
end

function request()
  if not looked then
    looked = true
    return requests[1]
  end
  began = began or now()
  sent = sent + 1
  if sent > #requests then
    io.stdout:write(string.format("%d %.6f\n", #requests, now() - began))
    io.stdout:flush()
    ffi.C._exit(0)
  end
  return requests[sent]
end
