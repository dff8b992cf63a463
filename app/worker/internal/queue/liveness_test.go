package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"votingapp/worker/internal/testbed"
)

func TestABatchTakenOverIsNoLongerAcknowledged(t *testing.T) {
	r := testbed.StartRedis(t)
	slow, other := alive(t, r, "slow"), alive(t, r, "other")
	r.Push(t, votesKey, "1", "bad", "3")
	batch := take(t, slow, 2)
	if moved := sweep(t, other); moved != 0 {
		t.Errorf("%d votes were taken from a live worker", moved)
	}
	r.Client.Del(t.Context(), heartbeatPrefix+"slow") // as if it had expired
	if moved := sweep(t, other); moved != 2 {
		t.Errorf("%d votes were taken over, want 2", moved)
	}
	expectList(t, r, votesKey, "1", "bad", "3")
	again := take(t, other, 2)
	if ack(t, slow, batch, "bad") {
		t.Error("the slow worker acknowledged a batch that was taken from it")
	}
	expectList(t, r, again.key, "1", "bad")
	expectList(t, r, deadKey)
}

func TestARestartedWorkerTakesBackWhatItHad(t *testing.T) {
	r := testbed.StartRedis(t)
	before := alive(t, r, "w")
	r.Push(t, votesKey, "1", "2", "3")
	take(t, before, 1)
	take(t, before, 1)
	after := alive(t, r, "w") // the old heartbeat has not expired
	if moved := sweep(t, after); moved != 2 {
		t.Errorf("%d votes were taken back, want 2", moved)
	}
	if err := before.Heartbeat(t.Context(), false); !errors.Is(err, ErrSharedID) {
		t.Errorf("a second live process of the same id: %v", err)
	}
}

func TestAVoteThatArrivesInAnAbandonedBatchIsFound(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	r.Push(t, votesKey, "1")
	held := take(t, q, 1)
	abandoned := q.newBatch()
	q.forget(abandoned)
	r.Push(t, abandoned, "late") // as by a BLMOVE whose connection died
	if moved := sweep(t, q); moved != 1 {
		t.Errorf("%d votes were found, want 1", moved)
	}
	expectList(t, r, votesKey, "late")
	expectList(t, r, held.key, "1")
}

func TestListsOfOtherMakingAreTakenOver(t *testing.T) {
	r := testbed.StartRedis(t)
	q := alive(t, r, "w")
	r.Push(t, processingPrefix+"gone", "1")
	r.Push(t, processingPrefix+"gone:0", "2")
	if moved := sweep(t, q); moved != 2 {
		t.Errorf("%d votes were taken over, want 2", moved)
	}
}

func TestSweepersDoNotMoveAVoteTwice(t *testing.T) {
	r := testbed.StartRedis(t)
	const batches, sweepers = 50, 4
	for i := range batches {
		r.Push(t, fmt.Sprintf("%sdead:p.%d", processingPrefix, i), fmt.Sprint(i))
	}
	var total atomic.Int64
	var running sync.WaitGroup
	for i := range sweepers {
		q := alive(t, r, fmt.Sprint("w", i))
		running.Go(func() {
			moved, err := q.Sweep(context.Background())
			if err != nil {
				t.Error(err)
			}
			total.Add(int64(moved))
		})
	}
	running.Wait()
	if total.Load() != batches || r.Len(t, votesKey) != batches {
		t.Errorf("%d moves, %d votes in the queue, want %d of both", total.Load(), r.Len(t, votesKey), batches)
	}
}

func TestLeavingEndsTheHeartbeat(t *testing.T) {
	r := testbed.StartRedis(t)
	before := alive(t, r, "w")
	after := alive(t, r, "w")
	for _, step := range []struct {
		q    *Queue
		left int
	}{{before, 1}, {after, 0}} {
		if err := step.q.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		if keys := r.Keys(t, heartbeatPrefix+"*"); len(keys) != step.left {
			t.Errorf("heartbeats %v, want %d", keys, step.left)
		}
	}
}
