package main

import (
	"fmt"
	"maps"
	"strings"
	"syscall"
	"testing"
	"time"

	"votingapp/worker/internal/queue"
	"votingapp/worker/internal/testbed"
)

// takeOverTime is how long a dead worker's votes may wait: its heartbeat expires, then the others' next look.
const takeOverTime = queue.HeartbeatTTL * 2

// killedAgainAndAgain kills the only worker in the middle of its work until all is stored.
func killedAgainAndAgain(t *testing.T, r *rig) {
	const votes, step = 20_000, 1_500
	b := newBallot(votes/2, "v")
	r.redis.Push(t, "votes", b.messages...)
	kills, interrupted := 0, 0
	for left := votes; left > 0; {
		worker := r.start(t, "phoenix", "WORKER_BATCH_SIZE=50")
		goal := max(0, left-step)
		testbed.Eventually(t, 30*time.Second, "the worker goes on", func() bool { return r.redis.Len(t, "votes") <= goal })
		worker.Stop(t, syscall.SIGKILL)
		kills++
		if len(r.redis.Keys(t, "votes:processing:*")) > 0 {
			interrupted++
		}
		left = r.redis.Len(t, "votes")
	}
	t.Logf("killed %d times, %d of them with votes in hand", kills, interrupted)
	if interrupted < 3 {
		t.Errorf("only %d of %d kills met votes in hand: this test shows little", interrupted, kills)
	}
	r.start(t, "phoenix")
	r.expectCounted(t, 10*time.Second, b.want) // sooner than a heartbeat expires
}

// anotherTakesOver kills one of three workers while Postgres keeps all of them waiting with votes in hand, for longer than a heartbeat lasts.
func anotherTakesOver(t *testing.T, r *rig) {
	first := r.start(t, "first", "WORKER_BATCH_SIZE=100")
	others := []*app{r.start(t, "second", "WORKER_BATCH_SIZE=100"), r.start(t, "third", "WORKER_BATCH_SIZE=100")}
	testbed.Eventually(t, 10*time.Second, "the table is there", func() bool { return len(first.logged(t, "taking votes")) > 0 })
	unlock := r.db.Lock(t)
	defer unlock()
	b := newBallot(5_000, "v")
	r.redis.Push(t, "votes", b.messages...)
	inHand := func(worker string) int { return len(r.redis.Keys(t, "votes:processing:"+worker+":*")) }
	testbed.Eventually(t, 10*time.Second, "all consumers have a batch in hand", func() bool {
		return inHand("first") == 5 && inHand("second") == 5 && inHand("third") == 5
	})
	first.Stop(t, syscall.SIGKILL)
	testbed.Eventually(t, takeOverTime, "the dead worker's votes are taken over", func() bool { return inHand("first") == 0 })
	unlock()
	r.expectCounted(t, takeOverTime, b.want)
	for _, live := range others {
		if len(live.logged(t, "another worker has taken over")) > 0 {
			t.Error("votes were taken from a live worker that waited for Postgres")
		}
	}
}

// zombie stops a worker for so long that it is taken for dead, then lets it go on with what it thinks it has in hand.
func zombie(t *testing.T, r *rig) {
	slow := r.start(t, "slow", "WORKER_CONCURRENCY=1")
	testbed.Eventually(t, 10*time.Second, "the table is there", func() bool { return len(slow.logged(t, "taking votes")) > 0 })
	unlock := r.db.Lock(t)
	defer unlock()
	castAt := time.Now().Add(-time.Minute)
	want := map[string]string{}
	older := make([]string, 100)
	for i := range older {
		id := fmt.Sprint("v", i)
		want[id] = "a"
		older[i] = message(id, "a", castAt)
	}
	r.redis.Push(t, "votes", older...)
	testbed.Eventually(t, 10*time.Second, "the votes are in hand", func() bool { return r.redis.Len(t, "votes") == 0 })
	slow.Signal(t, syscall.SIGSTOP)
	// So that what it has in hand is written only when it wakes: after the newer votes.
	r.db.Disconnect(t, "votingapp-worker")
	unlock()

	other := r.start(t, "other")
	for i := range 50 {
		id := fmt.Sprint("v", i)
		want[id] = "b"
		r.redis.Push(t, "votes", message(id, "b", castAt.Add(time.Second)))
	}
	r.redis.Push(t, "votes", "no vote")
	r.expectCounted(t, takeOverTime, want)
	if len(other.logged(t, "back in the queue")) == 0 {
		t.Error("the other worker did not take over: this test shows nothing")
	}

	slow.Signal(t, syscall.SIGCONT)
	testbed.Eventually(t, 20*time.Second, "the slow worker learns that its batch was taken over", func() bool {
		return len(slow.logged(t, "another worker has taken over")) > 0
	})
	r.expectStored(t, want)
	other.terminate(t)
	want["late"] = "c"
	r.redis.Push(t, "votes", message("late", "c", time.Now()))
	r.expectCounted(t, 10*time.Second, want)
	if n := r.redis.Len(t, "votes:dead"); n != 1 {
		t.Errorf("%d dead letters, want 1", n)
	}
}

// postgresRestarts takes Postgres away and gives it back while votes come in.
func postgresRestarts(t *testing.T) {
	server := testbed.StartPostgres(t)
	r := &rig{testbed.StartRedis(t), server.CreateDatabase(t, "restarts", "UTF8")}
	worker := r.start(t, "w", "WORKER_BATCH_SIZE=20")
	before, during := newBallot(3_000, "before"), newBallot(500, "during")
	r.redis.Push(t, "votes", before.messages...)
	testbed.Eventually(t, 20*time.Second, "the worker is at it", func() bool { return r.redis.Len(t, "votes") < 5_000 })
	server.Stop(t)
	testbed.Eventually(t, 10*time.Second, "the worker is not ready", func() bool { code, _ := worker.get(t, "/ready"); return code == 503 })
	if _, body := worker.get(t, "/ready"); !strings.Contains(body, `"redis":"ok"`) || strings.Contains(body, `"postgres":"ok"`) {
		t.Errorf("/ready says %s", body)
	}
	if code, _ := worker.get(t, "/health"); code != 200 {
		t.Errorf("/health says %d while Postgres is away", code)
	}
	r.redis.Push(t, "votes", during.messages...)
	testbed.Eventually(t, 10*time.Second, "every consumer has tried again", func() bool { return len(worker.logged(t, "cannot be stored")) > 10 })
	if n := len(r.redis.Keys(t, "votes:processing:w:*")); n != 5 {
		t.Errorf("%d batches are in hand, want one for each of 5 consumers", n)
	}
	server.Start(t)
	want := maps.Clone(before.want)
	maps.Copy(want, during.want)
	r.expectCounted(t, 30*time.Second, want)
	if code, body := worker.get(t, "/ready"); code != 200 {
		t.Errorf("/ready says %d %s after Postgres came back", code, body)
	}
}

// redisRestarts kills redis, which then reads its log.
func redisRestarts(t *testing.T, r *rig) {
	worker := r.start(t, "w", "WORKER_BATCH_SIZE=20")
	b := newBallot(5_000, "v")
	r.redis.Push(t, "votes", b.messages...)
	for _, left := range []int{8_000, 5_000, 2_000} {
		testbed.Eventually(t, 20*time.Second, "the worker is at it", func() bool { return r.redis.Len(t, "votes") < left })
		r.redis.Kill(t)
		testbed.Eventually(t, 10*time.Second, "the worker is not ready", func() bool { code, _ := worker.get(t, "/ready"); return code == 503 })
		if length := worker.metric(t, "votingapp_queue_length"); length != "" {
			t.Errorf("queue length %q is reported of a redis that is not there", length)
		}
		if code, _ := worker.get(t, "/health"); code != 200 {
			t.Errorf("/health says %d while redis is away", code)
		}
		r.redis.Start(t)
	}
	r.expectCounted(t, 30*time.Second, b.want)
}
