package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"votingapp/worker/internal/testbed"
)

// binary is the worker as it is shipped, which the tests can kill.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndTest(m))
}

func buildAndTest(m *testing.M) int {
	dir, err := os.MkdirTemp("", "votingapp-worker-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "worker")
	args := []string{"build", "-o", binary}
	if racy() {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the worker: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// racy tells whether the tests were built with -race; then the binary is too.
func racy() bool {
	info, _ := debug.ReadBuildInfo()
	for _, setting := range info.Settings {
		if setting.Key == "-race" {
			return setting.Value == "true"
		}
	}
	return false
}

// rig is a redis and a database, and the workers that a test starts between them.
type rig struct {
	redis *testbed.Redis
	db    *testbed.Database
}

// app is one running worker.
type app struct {
	*testbed.Process
	port int
	log  *output
}

// output is what a process prints, readable while it prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs a worker; env may override what the rig sets.
func (r *rig) start(t testing.TB, id string, env ...string) *app {
	t.Helper()
	postgres := r.db.Config()
	a := &app{port: testbed.FreePort(t), log: &output{}}
	cmd := exec.Command(binary)
	cmd.Env = append([]string{
		"WORKER_ID=" + id, "PORT=" + strconv.Itoa(a.port),
		"REDIS_HOST=127.0.0.1", "REDIS_PORT=" + strconv.Itoa(r.redis.Port),
		"POSTGRES_HOST=127.0.0.1", "POSTGRES_PORT=" + strconv.Itoa(postgres.Port),
		"POSTGRES_USER=" + postgres.User, "POSTGRES_PASSWORD=" + postgres.Password, "POSTGRES_DB=" + postgres.Database,
	}, env...)
	cmd.Stdout = a.log
	stray := &output{}
	cmd.Stderr = stray
	a.Process = testbed.Start(t, cmd)
	t.Cleanup(func() {
		a.Stop(t, syscall.SIGKILL)
		if stray.String() != "" {
			t.Errorf("worker %s printed beside its log:\n%s", id, stray)
		}
		if strings.Contains(a.log.String(), testbed.Password) {
			t.Errorf("worker %s logged the password", id)
		}
		if t.Failed() {
			t.Logf("worker %s logged:\n%s", id, a.log)
		}
	})
	return a
}

// terminate stops the worker as Kubernetes does, and holds it to its promise.
func (a *app) terminate(t testing.TB) {
	t.Helper()
	begun := time.Now()
	if code := a.Stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("stopping took %s", took)
	}
}

// get returns code 0 while nobody listens.
func (a *app) get(t testing.TB, path string) (int, string) {
	t.Helper()
	response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", a.port, path))
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// metric is the value of one series, as text; empty if it is absent.
func (a *app) metric(t testing.TB, series string) string {
	t.Helper()
	_, body := a.get(t, "/metrics")
	match := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(body)
	if match == nil {
		return ""
	}
	return match[1]
}

// logged returns the log's objects whose message holds the text.
func (a *app) logged(t testing.TB, text string) []map[string]any {
	t.Helper()
	var found []map[string]any
	printed := a.log.String()
	for line := range strings.Lines(printed[:strings.LastIndex(printed, "\n")+1]) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("logged %q: %v", line, err)
		}
		if message, _ := entry["message"].(string); strings.Contains(message, text) {
			found = append(found, entry)
		}
	}
	return found
}

// ballot is votes on the queue and what must come of them.
type ballot struct {
	messages []string
	want     map[string]string
}

// newBallot makes each of the voters choose twice. Redelivery and concurrency must not make the first choice win.
func newBallot(voters int, prefix string) ballot {
	b := ballot{want: map[string]string{}}
	begin := time.Now().Add(-time.Hour).UTC()
	for round, choices := range []string{"abc", "bca"} {
		for i := range voters {
			id := fmt.Sprintf("%s-%d", prefix, i)
			b.want[id] = choices[i%3 : i%3+1]
			b.messages = append(b.messages, message(id, b.want[id], begin.Add(time.Duration(round*voters+i)*time.Microsecond)))
		}
	}
	return b
}

func message(voter, choice string, castAt time.Time) string {
	return fmt.Sprintf(`{"voter_id":%q,"vote":%q,"cast_at":%q}`, voter, choice, castAt.UTC().Format("2006-01-02T15:04:05.000000Z"))
}

// expectCounted waits until redis is empty and then compares what is stored.
func (r *rig) expectCounted(t testing.TB, timeout time.Duration, want map[string]string) {
	t.Helper()
	testbed.Eventually(t, timeout, "queue and hands are empty", func() bool {
		return r.redis.Len(t, "votes") == 0 && len(r.redis.Keys(t, "votes:processing:*")) == 0
	})
	r.expectStored(t, want)
}

func (r *rig) expectStored(t testing.TB, want map[string]string) {
	t.Helper()
	stored := r.db.Votes(t)
	if len(stored) != len(want) {
		t.Errorf("%d voters are stored, want %d", len(stored), len(want))
	}
	wrong := 0
	for voter, choice := range want {
		if stored[voter] != choice {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d voters are missing or have another choice than their newest", wrong, len(want))
	}
}
