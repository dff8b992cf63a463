package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	votesKey         = "votes"
	deadKey          = "votes:dead"
	processingPrefix = "votes:processing:"
	heartbeatPrefix  = "votes:worker:"

	maxDeadLetters = 10_000

	// HeartbeatTTL is how long after its last sign of life a worker is taken for dead.
	HeartbeatTTL = 12 * time.Second
	// wait is how long Take lets redis hold it while the queue is empty. It also bounds how long a worker takes to notice that it shall stop.
	wait = 2 * time.Second
	// answerTimeout is how long redis may take to answer, its writing to disk included.
	answerTimeout = 3 * time.Second
)

// Queue is one worker process's hold on the queue.
type Queue struct {
	rdb       *redis.Client
	worker    string
	process   string
	lastBatch atomic.Uint64

	mu     sync.Mutex
	inHand map[string]struct{}
}

// Batch is a number of messages that were taken and are this process's to store.
type Batch struct {
	key string
	// Messages are in the order in which they were cast.
	Messages []string
	// TakenAt is the time by redis' clock.
	TakenAt time.Time
}

// Open prepares a connection to redis for that many consumers; it does not connect yet.
func Open(host string, port int, worker string, consumers int) *Queue {
	return &Queue{
		rdb: redis.NewClient(&redis.Options{
			Addr:        net.JoinHostPort(host, strconv.Itoa(port)),
			DialTimeout: answerTimeout,
			PoolSize:    consumers + 3, // heartbeat, readiness, metrics
			// The package comment says why a command must not be sent again; the callers try again from the start.
			MaxRetries:               -1,
			DialerRetries:            1,
			ContextTimeoutEnabled:    true,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		}),
		worker:  worker,
		process: rand.Text(),
		inHand:  map[string]struct{}{},
	}
}

// Close ends the connection.
func (q *Queue) Close() error { return q.rdb.Close() }

// Ping tells whether redis answers.
func (q *Queue) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return q.rdb.Ping(ctx).Err()
}

// Take moves up to limit messages into this process's hands. It waits a moment for a first one, and returns nil if none came.
func (q *Queue) Take(limit int) (*Batch, error) {
	key := q.newBatch()
	batch, err := q.take(key, limit)
	if err != nil || batch == nil {
		q.forget(key)
	}
	return batch, err
}

func (q *Queue) take(key string, limit int) (*Batch, error) {
	batch, err := q.fill(key, limit)
	if err != nil || len(batch.Messages) > 0 {
		return batch, err
	}
	arrived, err := q.waitForOne(key)
	if err != nil || !arrived {
		return nil, err
	}
	return q.fill(key, limit)
}

func (q *Queue) fill(key string, limit int) (*Batch, error) {
	// Not the caller's context: a command given up half-way would leave its votes to be found by Sweep, seconds later.
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	reply, err := takeScript.Run(ctx, q.rdb, []string{votesKey, key}, limit).Slice()
	if err != nil {
		return nil, fmt.Errorf("taking votes from redis: %w", err)
	}
	return newBatch(key, reply)
}

func newBatch(key string, reply []any) (*Batch, error) {
	var clock [2]int64
	for i := range clock {
		text, _ := reply[i].(string)
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("redis' clock reads %q: %w", text, err)
		}
		clock[i] = n
	}
	values, _ := reply[2].([]any)
	batch := &Batch{key: key, TakenAt: time.Unix(clock[0], clock[1]*1000).UTC(), Messages: make([]string, len(values))}
	for i, value := range values {
		batch.Messages[i], _ = value.(string)
	}
	return batch, nil
}

func (q *Queue) waitForOne(key string) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait+answerTimeout)
	defer cancel()
	err := q.rdb.BLMove(ctx, votesKey, key, "LEFT", "RIGHT", wait).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("waiting for a vote in redis: %w", err)
	}
	return true, nil
}

// Ack drops a batch whose votes are stored, and moves its dead letters to their list in the same step. It returns false if the
// batch was no longer this process's: another worker has taken it over, and stores it again. It may be repeated after an error.
func (q *Queue) Ack(ctx context.Context, b *Batch, dead []string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	args := make([]any, 0, len(dead)+1)
	args = append(args, maxDeadLetters)
	for _, message := range dead {
		args = append(args, message)
	}
	ours, err := ackScript.Run(ctx, q.rdb, []string{b.key, deadKey}, args...).Bool()
	if err != nil {
		return false, fmt.Errorf("acknowledging %d votes to redis: %w", len(b.Messages), err)
	}
	q.forget(b.key)
	return ours, nil
}

// Return puts a batch that could not be stored back to the head of the queue. If it fails, the batch stays in its list for another worker to take over.
func (q *Queue) Return(ctx context.Context, b *Batch) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	defer q.forget(b.key)
	if err := returnScript.Run(ctx, q.rdb, []string{b.key, votesKey}).Err(); err != nil {
		return fmt.Errorf("returning %d votes to redis: %w", len(b.Messages), err)
	}
	return nil
}

func (q *Queue) newBatch() string {
	key := fmt.Sprintf("%s%s:%s.%d", processingPrefix, q.worker, q.process, q.lastBatch.Add(1))
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inHand[key] = struct{}{}
	return key
}

func (q *Queue) forget(key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.inHand, key)
}

func (q *Queue) holds(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, ok := q.inHand[key]
	return ok
}
