package testbed

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Redis is a redis-server that writes every command to disk before it answers.
type Redis struct {
	Port    int
	Client  *redis.Client
	dir     string
	process *Process
}

// StartRedis gives the test a redis of its own.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	r := &Redis{Port: FreePort(t), dir: t.TempDir()}
	r.Client = redis.NewClient(&redis.Options{Addr: address(r.Port)})
	t.Cleanup(func() { _ = r.Client.Close() }) // at the end of a test nothing depends on it
	r.Start(t)
	return r
}

// Start runs the server on what an earlier one left on disk.
func (r *Redis) Start(t testing.TB) {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not installed: apt-get install redis-server")
	}
	cmd := exec.Command(binary, "--port", strconv.Itoa(r.Port), "--bind", "127.0.0.1", "--dir", r.dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always")
	cmd.Stderr = os.Stderr
	r.process = Start(t, cmd)
	Eventually(t, startTimeout, "redis answers", func() bool { return r.Client.Ping(context.Background()).Err() == nil })
}

// Kill ends the server without warning.
func (r *Redis) Kill(t testing.TB) {
	t.Helper()
	r.process.Stop(t, syscall.SIGKILL)
}

// Len is the length of a list.
func (r *Redis) Len(t testing.TB, list string) int {
	t.Helper()
	n, err := r.Client.LLen(context.Background(), list).Result()
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// Push appends messages to a list in one step.
func (r *Redis) Push(t testing.TB, list string, messages ...string) {
	t.Helper()
	if err := r.Client.RPush(context.Background(), list, messages).Err(); err != nil {
		t.Fatal(err)
	}
}

// Keys are the names that match the pattern.
func (r *Redis) Keys(t testing.TB, pattern string) []string {
	t.Helper()
	keys, err := r.Client.Keys(context.Background(), pattern).Result()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// List is a whole list.
func (r *Redis) List(t testing.TB, list string) []string {
	t.Helper()
	messages, err := r.Client.LRange(context.Background(), list, 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	return messages
}
