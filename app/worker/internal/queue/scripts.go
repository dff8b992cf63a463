package queue

import "github.com/redis/go-redis/v9"

// All scripts run even when redis is at its memory limit (allow-oom): a full queue could otherwise never be emptied. They
// move what is there already, or write next to nothing.

// takeScript fills the batch KEYS[2] from the head of the queue KEYS[1] up to ARGV[1] votes, and returns redis' time, so
// that all workers use the same clock, and the whole batch.
var takeScript = redis.NewScript(`#!lua flags=allow-oom
local room = tonumber(ARGV[1]) - redis.call('LLEN', KEYS[2])
if room > 0 then
  local votes = redis.call('LRANGE', KEYS[1], 0, room - 1)
  if #votes > 0 then
    redis.call('RPUSH', KEYS[2], unpack(votes))
    redis.call('LTRIM', KEYS[1], #votes, -1)
  end
end
local time = redis.call('TIME')
return {time[1], time[2], redis.call('LRANGE', KEYS[2], 0, -1)}
`)

// ackScript deletes the batch KEYS[1] and puts its dead letters ARGV[2..] at the head of KEYS[2], which keeps the newest
// ARGV[1]. If the batch is gone, it is another's or was acknowledged before (and the answer lost): then it does nothing.
var ackScript = redis.NewScript(`#!lua flags=allow-oom
if redis.call('DEL', KEYS[1]) == 0 then
  return 0
end
for i = 2, #ARGV do
  redis.call('LPUSH', KEYS[2], ARGV[i])
  redis.call('LTRIM', KEYS[2], 0, ARGV[1] - 1)
end
return 1
`)

// returnScript moves the batch KEYS[1] back to the head of the queue KEYS[2], in order.
var returnScript = redis.NewScript(returnBody)

// takeOverScript does the same unless the heartbeat KEYS[3] is that of the batch's process ARGV[1].
var takeOverScript = redis.NewScript(`#!lua flags=allow-oom
if redis.call('GET', KEYS[3]) == ARGV[1] then
  return 0
end
` + returnLoop)

const (
	returnBody = "#!lua flags=allow-oom\n" + returnLoop
	returnLoop = `local moved = 0
while redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT') do
  moved = moved + 1
end
return moved
`
)

// heartbeatScript renews KEYS[1] for ARGV[2] milliseconds in the name of process ARGV[1], and returns whose name it held.
var heartbeatScript = redis.NewScript(`#!lua flags=allow-oom
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'GET')
`)

// leaveScript deletes the heartbeat KEYS[1] if it is still that of process ARGV[1].
var leaveScript = redis.NewScript(`#!lua flags=allow-oom
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
`)
