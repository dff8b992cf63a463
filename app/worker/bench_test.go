package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"votingapp/worker/internal/store"
	"votingapp/worker/internal/testbed"
	"votingapp/worker/internal/vote"
)

const (
	benchVotes = 100_000
	benchBatch = 500
)

// BenchmarkWorker is the time in which the worker, started on a full queue, stores all of it. Redis and Postgres run beside it and write
// everything to disk. Half of the votes are a voter's first and half replace one.
func BenchmarkWorker(b *testing.B) {
	server := testbed.StartPostgres(b)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		r := &rig{testbed.StartRedis(b), server.CreateDatabase(b, fmt.Sprint("worker", i), "UTF8")}
		ballot := newBallot(benchVotes/2, "a-voter-whose-id-is-as-long-as-usual")
		for chunk := range slices.Chunk(ballot.messages, 10_000) {
			r.redis.Push(b, "votes", chunk...)
		}
		b.StartTimer()
		worker := r.start(b, "w")
		testbed.Eventually(b, time.Minute, "queue and hands are empty", func() bool {
			return r.redis.Len(b, "votes") == 0 && len(r.redis.Keys(b, "votes:processing:*")) == 0
		})
		b.StopTimer()
		r.expectStored(b, ballot.want)
		worker.terminate(b)
		b.StartTimer()
	}
	b.ReportMetric(float64(benchVotes*b.N)/b.Elapsed().Seconds(), "votes/s")
}

// BenchmarkPostgres is the yardstick: the same votes and statements without redis, one connection, already decoded.
func BenchmarkPostgres(b *testing.B) {
	server := testbed.StartPostgres(b)
	for _, size := range []int{1, benchBatch} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s, err := store.Open(server.CreateDatabase(b, fmt.Sprint("size", size), "UTF8").Config(), 1)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(s.Close)
			if err := s.EnsureTable(b.Context()); err != nil {
				b.Fatal(err)
			}
			votes := decodeAll(b, newBallot(benchVotes/2, "a-voter-whose-id-is-as-long-as-usual"))
			stored := 0
			for b.Loop() {
				begin := stored % len(votes)
				if _, err := s.Save(context.Background(), votes[begin:begin+size]); err != nil {
					b.Fatal(err)
				}
				stored += size
			}
			b.ReportMetric(float64(stored)/b.Elapsed().Seconds(), "votes/s")
		})
	}
}

func decodeAll(b *testing.B, all ballot) []vote.Vote {
	b.Helper()
	votes := make([]vote.Vote, len(all.messages))
	for i, raw := range all.messages {
		v, err := vote.Decode(raw, time.Now())
		if err != nil {
			b.Fatal(err)
		}
		votes[i] = v
	}
	return votes
}
