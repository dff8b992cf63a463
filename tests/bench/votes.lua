-- Each request is a vote of a voter of its own. At the end, one line of JSON: wrk's own figures are not meant to be parsed.
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("name", threads)
end

function init(args)
  voters = 0
  wrk.method = "POST"
  wrk.body = "vote=a"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end

function request()
  voters = voters + 1
  wrk.headers["Cookie"] = "voter_id=wrk-" .. name .. "-" .. voters
  return wrk.format()
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout
  ))
end
