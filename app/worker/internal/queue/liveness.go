package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrSharedID says that two live processes call themselves by the same worker id. No vote is lost by that, but each keeps taking
// the other's batches for a dead process's, and so they are stored more than once.
var ErrSharedID = errors.New("another live process has the same WORKER_ID: give each worker its own")

// Heartbeat tells the other workers that this process lives, for HeartbeatTTL.
// The first one also declares dead the process that went by this id before; a later one that finds another's name reports ErrSharedID.
func (q *Queue) Heartbeat(ctx context.Context, first bool) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	before, err := heartbeatScript.Run(ctx, q.rdb, []string{heartbeatPrefix + q.worker}, q.process, HeartbeatTTL.Milliseconds()).Text()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("renewing the heartbeat in redis: %w", err)
	}
	if !first && err == nil && before != q.process {
		return ErrSharedID
	}
	return nil
}

// Leave withdraws the heartbeat, so that what this process may have left behind is taken over at once.
func (q *Queue) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := leaveScript.Run(ctx, q.rdb, []string{heartbeatPrefix + q.worker}, q.process).Err(); err != nil {
		return fmt.Errorf("withdrawing the heartbeat in redis: %w", err)
	}
	return nil
}

// Sweep moves the votes of batches that are nobody's back to the queue, and returns how many.
func (q *Queue) Sweep(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	keys, err := q.batches(ctx)
	if err != nil {
		return 0, fmt.Errorf("looking for abandoned votes in redis: %w", err)
	}
	total := 0
	for _, key := range keys {
		moved, err := q.reclaim(ctx, key)
		if err != nil {
			return total, fmt.Errorf("taking over abandoned votes in redis: %w", err)
		}
		total += moved
	}
	return total, nil
}

func (q *Queue) reclaim(ctx context.Context, key string) (int, error) {
	worker, process := owner(key)
	if process != q.process {
		return takeOverScript.Run(ctx, q.rdb, []string{key, votesKey, heartbeatPrefix + worker}, process).Int()
	}
	// The list was seen before this look at what is in hand, and a batch is in hand before its list exists.
	if q.holds(key) {
		return 0, nil
	}
	return returnScript.Run(ctx, q.rdb, []string{key, votesKey}).Int()
}

// owner takes a batch's key apart. For a key that is not quite of this package's making, the process is one that never lives.
func owner(key string) (worker, process string) {
	worker, batch, _ := strings.Cut(strings.TrimPrefix(key, processingPrefix), ":")
	process, _, _ = strings.Cut(batch, ".")
	return worker, process
}

func (q *Queue) batches(ctx context.Context) ([]string, error) {
	var keys []string
	scan := q.rdb.ScanType(ctx, 0, processingPrefix+"*", 1000, "list").Iterator()
	for scan.Next(ctx) {
		keys = append(keys, scan.Val())
	}
	return keys, scan.Err()
}

// Lengths counts the messages in redis: waiting, in any worker's hands, dead.
type Lengths struct{ Queue, Processing, Dead int64 }

// Lengths looks at redis now.
func (q *Queue) Lengths(ctx context.Context) (Lengths, error) {
	keys, err := q.batches(ctx)
	if err != nil {
		return Lengths{}, fmt.Errorf("listing batches in redis: %w", err)
	}
	pipe := q.rdb.Pipeline()
	waiting, dead := pipe.LLen(ctx, votesKey), pipe.LLen(ctx, deadKey)
	batches := make([]*redis.IntCmd, len(keys))
	for i, key := range keys {
		batches[i] = pipe.LLen(ctx, key)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return Lengths{}, fmt.Errorf("counting messages in redis: %w", err)
	}
	lengths := Lengths{Queue: waiting.Val(), Dead: dead.Val()}
	for _, batch := range batches {
		lengths.Processing += batch.Val()
	}
	return lengths, nil
}
