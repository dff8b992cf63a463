// Package worker moves votes from the queue to the store.
package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"votingapp/worker/internal/metrics"
	"votingapp/worker/internal/queue"
	"votingapp/worker/internal/store"
)

const (
	// keepAliveInterval leaves room for three heartbeats to fail before the worker is taken for dead.
	keepAliveInterval = queue.HeartbeatTTL / 4
	// grace is how long a batch in hand may still be stored after the order to stop. What follows it (returning the batch, leaving) takes
	// seconds at worst, and the whole must be over within ten.
	grace = 4 * time.Second
	// farewell bounds each of the last words to redis.
	farewell = 1500 * time.Millisecond

	firstRetry = 100 * time.Millisecond
	lastRetry  = 3 * time.Second // give or take half of it, so that the consumers do not all come at once
)

// Worker is a number of consumers of one queue.
type Worker struct {
	Queue       *queue.Queue
	Store       *store.Store
	Metrics     *metrics.Metrics
	Log         *slog.Logger
	Concurrency int
	BatchSize   int
}

// Run works until ctx ends, then finishes what is in hand.
func (w *Worker) Run(ctx context.Context) {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, stopWork) })()

	var keeper, consumers sync.WaitGroup
	if w.takeBack(ctx) {
		keeper.Go(func() { w.keepAlive(work) })
		if w.retry(ctx, "the table of votes is not there yet", w.Store.EnsureTable) == nil {
			w.Log.Info("taking votes", "consumers", w.Concurrency, "batch_size", w.BatchSize)
			for range w.Concurrency {
				consumers.Go(func() { w.consume(ctx, work) })
			}
		}
	}
	consumers.Wait()
	stopWork()
	keeper.Wait()
	w.leave()
}

// takeBack begins with what an earlier process of this worker left behind when it was killed.
func (w *Worker) takeBack(ctx context.Context) bool {
	err := w.retry(ctx, "redis is not there yet", func(ctx context.Context) error {
		if err := w.Queue.Heartbeat(ctx, true); err != nil {
			return err
		}
		return w.sweep(ctx)
	})
	return err == nil
}

// keepAlive runs apart from the consumers, so that the heart beats while Postgres is away.
func (w *Worker) keepAlive(ctx context.Context) {
	tick := time.NewTicker(keepAliveInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := w.Queue.Heartbeat(ctx, false)
		if err == nil {
			err = w.sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			w.Log.Warn("this worker could not tell the others that it lives; it tries again", "error", err.Error(), "retry_in", keepAliveInterval.String())
		}
	}
}

func (w *Worker) sweep(ctx context.Context) error {
	moved, err := w.Queue.Sweep(ctx)
	if moved > 0 {
		w.Log.Info("votes that a dead worker had in hand are back in the queue", "votes", moved)
	}
	return err
}

func (w *Worker) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if err := w.Queue.Leave(ctx); err != nil {
		w.Log.Warn("the heartbeat will expire by itself", "error", err.Error())
	}
}

// retry runs the operation until it succeeds or ctx ends, ever less often, and logs each failure.
func (w *Worker) retry(ctx context.Context, meaning string, operation func(context.Context) error) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval, pause.Multiplier = firstRetry, lastRetry, 2
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, operation(ctx) },
		backoff.WithBackOff(pause),
		backoff.WithMaxElapsedTime(0), // without end
		backoff.WithNotify(func(err error, pause time.Duration) {
			w.Log.Warn(meaning+"; trying again", "error", err.Error(), "retry_in", pause.Round(time.Millisecond).String())
		}))
	return err
}
