package queue

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"votingapp/worker/internal/testbed"
)

func open(t *testing.T, r *testbed.Redis, worker string) *Queue {
	t.Helper()
	q := Open("127.0.0.1", r.Port, worker, 2)
	t.Cleanup(func() { _ = q.Close() }) // at the end of a test nothing depends on it
	return q
}

// alive is a queue whose heartbeat has begun.
func alive(t *testing.T, r *testbed.Redis, worker string) *Queue {
	t.Helper()
	q := open(t, r, worker)
	if err := q.Heartbeat(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	return q
}

func take(t *testing.T, q *Queue, limit int) *Batch {
	t.Helper()
	batch, err := q.Take(limit)
	if err != nil {
		t.Fatal(err)
	}
	if batch == nil {
		t.Fatal("nothing to take")
	}
	return batch
}

func ack(t *testing.T, q *Queue, b *Batch, dead ...string) bool {
	t.Helper()
	ours, err := q.Ack(t.Context(), b, dead)
	if err != nil {
		t.Fatal(err)
	}
	return ours
}

func sweep(t *testing.T, q *Queue) int {
	t.Helper()
	moved, err := q.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return moved
}

func expectList(t *testing.T, r *testbed.Redis, list string, want ...string) {
	t.Helper()
	if got := r.List(t, list); len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("%s holds %q, want %q", list, got, want)
	}
}

func TestTakeAndAcknowledge(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	r.Push(t, votesKey, "1", "2", "3")
	batch := take(t, q, 2)
	if !reflect.DeepEqual(batch.Messages, []string{"1", "2"}) || batch.TakenAt.IsZero() {
		t.Errorf("took %+v", batch)
	}
	expectList(t, r, votesKey, "3")
	expectList(t, r, batch.key, "1", "2")
	if !ack(t, q, batch) {
		t.Error("the batch was not ours")
	}
	expectList(t, r, batch.key)
	expectList(t, r, votesKey, "3")
}

func TestTakeWaitsForTheFirst(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	if batch, err := q.Take(5); batch != nil || err != nil {
		t.Fatalf("took %+v, %v from an empty queue", batch, err)
	}
	if len(q.inHand) != 0 {
		t.Errorf("%v are in hand", q.inHand)
	}
	taken := make(chan *Batch)
	go func() {
		batch, err := q.Take(5)
		if err != nil {
			t.Error(err)
		}
		taken <- batch
	}()
	testbed.Eventually(t, wait, "a consumer waits", func() bool {
		return strings.Contains(r.Client.Info(t.Context(), "clients").Val(), "blocked_clients:1")
	})
	r.Push(t, votesKey, "1", "2")
	if batch := <-taken; batch == nil || !reflect.DeepEqual(batch.Messages, []string{"1", "2"}) {
		t.Errorf("took %+v", batch)
	}
}

func TestReturnedVotesComeFirst(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	r.Push(t, votesKey, "1", "2", "3")
	batch := take(t, q, 2)
	if err := q.Return(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	expectList(t, r, votesKey, "1", "2", "3")
	expectList(t, r, batch.key)
}

func TestDeadLettersAreWrittenOnce(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	r.Push(t, votesKey, "good", "bad", "worse")
	batch := take(t, q, 3)
	if !ack(t, q, batch, "bad", "worse") {
		t.Error("the batch was not ours")
	}
	// As after an answer that was lost.
	if ack(t, q, batch, "bad", "worse") {
		t.Error("acknowledged twice")
	}
	expectList(t, r, deadKey, "worse", "bad")
}

func TestOnlyTheNewestDeadLettersAreKept(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	old := make([]string, maxDeadLetters)
	for i := range old {
		old[i] = fmt.Sprint(i)
	}
	r.Push(t, deadKey, old...)
	r.Push(t, votesKey, "new")
	ack(t, q, take(t, q, 1), "new")
	kept := r.List(t, deadKey)
	if len(kept) != maxDeadLetters || kept[0] != "new" || kept[1] != "0" {
		t.Errorf("%d are kept, first %q", len(kept), kept[:2])
	}
}

func TestAFullRedisCanBeEmptied(t *testing.T) {
	r := testbed.StartRedis(t)
	r.Push(t, votesKey, strings.Repeat("x", 10_000), "2", "3")
	for name, value := range map[string]string{"maxmemory-policy": "noeviction", "maxmemory": "1kb"} {
		if err := r.Client.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Client.RPush(t.Context(), votesKey, "4").Err(); err == nil {
		t.Fatal("redis has memory left: this test shows nothing")
	}
	q := alive(t, r, "w")
	ack(t, q, take(t, q, 1), "bad")
	if err := q.Return(t.Context(), take(t, q, 1)); err != nil {
		t.Fatal(err)
	}
	expectList(t, r, votesKey, "2", "3")
}

func TestLengths(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	r.Push(t, votesKey, "1", "2", "3")
	take(t, q, 2)
	r.Push(t, deadKey, "x")
	got, err := q.Lengths(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := (Lengths{Queue: 1, Processing: 2, Dead: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestRedisAway(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	r.Push(t, votesKey, "1", "2")
	held := take(t, q, 1)
	r.Kill(t)
	if _, err := q.Take(1); err == nil {
		t.Error("took a vote from a redis that is not there")
	}
	if _, err := q.Ack(t.Context(), held, nil); err == nil {
		t.Error("acknowledged to a redis that is not there")
	}
	r.Start(t)
	expectList(t, r, held.key, "1")
	if !ack(t, q, held) {
		t.Error("the batch was not ours after the restart")
	}
	expectList(t, r, votesKey, "2")
}
