package main

import (
	"fmt"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"votingapp/worker/internal/testbed"
)

// TestWorker shares one Postgres between tests that have a database and a redis each.
func TestWorker(t *testing.T) {
	server := testbed.StartPostgres(t)
	t.Run("postgres restarts", func(t *testing.T) { t.Parallel(); postgresRestarts(t) })
	for _, test := range []struct {
		name, encoding string
		run            func(*testing.T, *rig)
	}{
		{"another takes over", "UTF8", anotherTakesOver},
		{"zombie", "UTF8", zombie},
		{"killed again and again", "UTF8", killedAgainAndAgain},
		{"redis restarts", "UTF8", redisRestarts},
		{"what is no vote", "LATIN1", noVotes},
		{"votes as the public image sends them", "UTF8", undated},
		{"stopped in the middle", "UTF8", stopped},
		{"stopped while Postgres is away", "UTF8", stoppedWithoutPostgres},
		{"stopped while redis is away", "UTF8", stoppedWithoutRedis},
		{"an empty database takes the old one's place", "UTF8", freshDatabase},
		{"start before the others", "UTF8", startedFirst},
		{"refuses to start", "UTF8", refusesToStart},
	} {
		name := strings.ReplaceAll(test.name, " ", "_")
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, &rig{testbed.StartRedis(t), server.CreateDatabase(t, name, test.encoding)})
		})
	}
}

func noVotes(t *testing.T, r *rig) {
	worker := r.start(t, "w")
	testbed.Eventually(t, 10*time.Second, "the worker is ready", func() bool { code, _ := worker.get(t, "/ready"); return code == 200 })
	for _, series := range []string{
		"votingapp_votes_processed_total", `votingapp_votes_failed_total{reason="json"}`, `votingapp_votes_failed_total{reason="refused"}`,
		"votingapp_vote_latency_seconds_count", "votingapp_worker_batch_seconds_count",
		"votingapp_queue_length", "votingapp_processing_length", "votingapp_dead_letters",
	} {
		if got := worker.metric(t, series); got != "0" {
			t.Errorf("%s is %q before the first vote", series, got)
		}
	}
	now := time.Now()
	bad := []string{
		"no JSON", `{"voter_id":"v","vote":"A"}`, `{"voter_id":"","vote":"a"}`, `{"voter_id":"v","vote":"a","cast_at":"noon"}`,
		message("投票者", "a", now), // what the database's encoding cannot hold
	}
	good := []string{message("v1", "a", now), message("é", "b", now), message("v3", "a", now)}
	r.redis.Push(t, "votes", slices.Concat(good[:2], bad, good[2:])...)
	r.expectCounted(t, 10*time.Second, map[string]string{"v1": "a", "é": "b", "v3": "a"})

	dead := r.redis.List(t, "votes:dead")
	slices.Sort(dead)
	slices.Sort(bad)
	if !reflect.DeepEqual(dead, bad) {
		t.Errorf("dead letters %q, want %q", dead, bad)
	}
	for series, want := range map[string]string{
		"votingapp_votes_processed_total":                 "3",
		`votingapp_votes_failed_total{reason="json"}`:     "1",
		`votingapp_votes_failed_total{reason="vote"}`:     "1",
		`votingapp_votes_failed_total{reason="voter_id"}`: "1",
		`votingapp_votes_failed_total{reason="cast_at"}`:  "1",
		`votingapp_votes_failed_total{reason="refused"}`:  "1",
		"votingapp_vote_latency_seconds_count":            "3",
		"votingapp_dead_letters":                          "5",
	} {
		testbed.Eventually(t, 5*time.Second, series+" is "+want, func() bool { return worker.metric(t, series) == want })
	}
	worker.terminate(t)
	for _, entry := range worker.logged(t, "") {
		for _, field := range []string{"timestamp", "level", "component", "message"} {
			if entry[field] == nil {
				t.Errorf("%v has no %s", entry, field)
			}
		}
	}
}

func undated(t *testing.T, r *rig) {
	r.db.Exec(t, "CREATE TABLE votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL)")
	r.db.Exec(t, "INSERT INTO votes VALUES ('v1', 'a'), ('v2', 'a')")
	want := map[string]string{"v1": "b", "v2": "a"}
	r.redis.Push(t, "votes", message("v3", "a", time.Now()))
	for i := range 2_000 {
		id := fmt.Sprint("w", i%100)
		want[id] = string(rune('a' + i/100))
		r.redis.Push(t, "votes", fmt.Sprintf(`{"voter_id": %q, "vote": %q}`, id, want[id]))
	}
	r.redis.Push(t, "votes", `{"voter_id": "v1", "vote": "b"}`, `{"voter_id": "v3", "vote": "c"}`)
	want["v3"] = "c"
	worker := r.start(t, "w", "WORKER_BATCH_SIZE=30") // a voter's votes are in many batches at once
	r.expectCounted(t, 20*time.Second, want)
	if n := worker.metric(t, "votingapp_vote_latency_seconds_count"); n != "1" {
		t.Errorf("the latency of %s votes is known, want 1", n)
	}
}

func stopped(t *testing.T, r *rig) {
	b := newBallot(10_000, "v")
	r.redis.Push(t, "votes", b.messages...)
	worker := r.start(t, "w", "WORKER_BATCH_SIZE=50")
	testbed.Eventually(t, 20*time.Second, "the worker is at it", func() bool { return r.redis.Len(t, "votes") < 18_000 })
	worker.terminate(t)
	left := r.redis.Len(t, "votes")
	if left == 0 {
		t.Error("the worker was done before it was stopped: this test shows little")
	}
	if keys := r.redis.Keys(t, "votes:*"); len(keys) != 0 {
		t.Errorf("%v are left behind", keys)
	}
	// Taken from the head and stored: exactly those that are not in the queue.
	stored := map[string]bool{}
	for voter := range r.db.Votes(t) {
		stored[voter] = true
	}
	for i := range len(b.messages) - left {
		if voter := fmt.Sprint("v-", i%10_000); !stored[voter] {
			t.Fatalf("%s is neither stored nor in the queue", voter)
		}
	}
	r.start(t, "w")
	r.expectCounted(t, 20*time.Second, b.want)
}

func stoppedWithoutPostgres(t *testing.T, r *rig) {
	worker := r.start(t, "w", "WORKER_CONCURRENCY=1", "WORKER_BATCH_SIZE=100")
	testbed.Eventually(t, 10*time.Second, "the table is there", func() bool { return len(worker.logged(t, "taking votes")) > 0 })
	unlock := r.db.Lock(t)
	defer unlock()
	b := newBallot(100, "v")
	r.redis.Push(t, "votes", b.messages...)
	testbed.Eventually(t, 10*time.Second, "a batch is in hand", func() bool { return r.redis.Len(t, "votes") == 100 })
	worker.terminate(t)
	if got := r.redis.List(t, "votes"); !reflect.DeepEqual(got, b.messages) {
		t.Errorf("%d votes are in the queue, want all %d in their order", len(got), len(b.messages))
	}
	if keys := r.redis.Keys(t, "votes:*"); len(keys) != 0 {
		t.Errorf("%v are left behind", keys)
	}
}

func stoppedWithoutRedis(t *testing.T, r *rig) {
	worker := r.start(t, "w")
	testbed.Eventually(t, 10*time.Second, "the worker is ready", func() bool { code, _ := worker.get(t, "/ready"); return code == 200 })
	r.redis.Kill(t)
	testbed.Eventually(t, 10*time.Second, "the worker has noticed", func() bool { return len(worker.logged(t, "no votes can be taken")) > 0 })
	worker.terminate(t)
}

func freshDatabase(t *testing.T, r *rig) {
	r.start(t, "w")
	first, second := newBallot(50, "first"), newBallot(50, "second")
	r.redis.Push(t, "votes", first.messages...)
	r.expectCounted(t, 10*time.Second, first.want)
	r.db.Exec(t, "DROP TABLE votes")
	r.redis.Push(t, "votes", second.messages...)
	r.expectCounted(t, 10*time.Second, second.want)
}

// startedFirst also measures that a waiting worker does not spin.
func startedFirst(t *testing.T, r *rig) {
	r.redis.Kill(t)
	worker := r.start(t, "w", "POSTGRES_PORT="+strconv.Itoa(testbed.FreePort(t)))
	testbed.Eventually(t, 10*time.Second, "the worker serves", func() bool { code, _ := worker.get(t, "/health"); return code == 200 })
	if code, body := worker.get(t, "/ready"); code != 503 || !strings.Contains(body, "connection refused") {
		t.Errorf("/ready says %d %s", code, body)
	}
	r.redis.Start(t)
	testbed.Eventually(t, 20*time.Second, "the worker found redis and tries Postgres", func() bool {
		return len(worker.logged(t, "table of votes is not there yet")) >= 3
	})
	heartbeat := r.redis.Keys(t, "votes:worker:w")
	if len(heartbeat) != 1 {
		t.Error("no heartbeat while Postgres is away")
	}
	worker.terminate(t)
}

func refusesToStart(t *testing.T, r *rig) {
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for want, env := range map[string][]string{
		"set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE": {"POSTGRES_PASSWORD="},
		"REDIS_PORT is":          {"REDIS_PORT=tcp://10.0.0.1:6379"},
		"set PORT to a free one": {"PORT=" + strconv.Itoa(port)},
	} {
		worker := r.start(t, "w", env...)
		testbed.Eventually(t, 10*time.Second, "the worker has given up", func() bool { return !worker.Running() })
		if code := worker.Stop(t, syscall.SIGTERM); code != 1 {
			t.Errorf("exit code %d with %s", code, env)
		}
		entries := worker.logged(t, "the worker cannot start")
		if len(entries) != 1 || !strings.Contains(fmt.Sprint(entries[0]["error"]), want) {
			t.Errorf("with %s it logs %v", env, entries)
		}
	}
}
