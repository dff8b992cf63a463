// Command worker takes votes from redis and stores them in Postgres.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"votingapp/worker/internal/config"
	"votingapp/worker/internal/metrics"
	"votingapp/worker/internal/queue"
	"votingapp/worker/internal/server"
	"votingapp/worker/internal/store"
	"votingapp/worker/internal/worker"
)

// stopTimeout is when the process exits whatever still hangs. What it then has in hand is in redis, for another worker to take over.
const stopTimeout = 9 * time.Second

func main() {
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer release()
	settings, err := config.Load(os.Getenv)
	log := newLog(os.Stdout, settings.LogLevel)
	if err == nil {
		err = run(ctx, settings, log)
	}
	if err != nil {
		log.Error("the worker cannot start", "error", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

// run works until ctx ends.
func run(ctx context.Context, settings config.Config, log *slog.Logger) error {
	redis.SetLogger(redisLog{log})
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(settings.Port))
	if err != nil {
		return fmt.Errorf("its port cannot be opened; set PORT to a free one: %w", err)
	}
	q := queue.Open(settings.RedisHost, settings.RedisPort, settings.WorkerID, settings.Concurrency)
	s, err := store.Open(settings.Postgres, settings.Concurrency)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	registry := prometheus.NewRegistry()
	metrics.RegisterQueue(registry, q, log)
	w := &worker.Worker{
		Queue: q, Store: s, Metrics: metrics.New(registry), Log: log,
		Concurrency: settings.Concurrency, BatchSize: settings.BatchSize,
	}
	web := server.New(registry, map[string]server.Check{"redis": q.Ping, "postgres": s.Ping})
	go serve(web, listener, log)

	log.Info("started", "worker_id", settings.WorkerID, "port", settings.Port)
	workUntilStopped(ctx, w, log)
	// Only now: until here the metrics show how the rest is being stored.
	// The store is left to the end of the process: closing it waits for a Postgres that hangs.
	err = errors.Join(web.Close(), q.Close())
	log.Info("stopped")
	return err
}

func serve(web *http.Server, listener net.Listener, log *slog.Logger) {
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Error("health and metrics are no longer served", "error", err.Error())
	}
}

func workUntilStopped(ctx context.Context, w *worker.Worker, log *slog.Logger) {
	done := make(chan struct{})
	go func() {
		w.Run(ctx)
		close(done)
	}()
	<-ctx.Done()
	log.Info("stopping: what is in hand is stored first")
	select {
	case <-done:
	case <-time.After(stopTimeout):
		log.Warn("stopped before everything in hand was stored; it is in redis for another worker to take over")
	}
}
