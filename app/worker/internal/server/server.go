// Package server answers /health, /ready and /metrics.
package server

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// checkTimeout is below the one second that Kubernetes gives a probe by default, so that the answer arrives and says what is wrong.
const checkTimeout = 800 * time.Millisecond

// Check asks one thing that the worker depends on whether it is there.
type Check func(context.Context) error

// New makes the server; checks are by name.
func New(registry *prometheus.Registry, checks map[string]Check) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, r *http.Request) {
		ready(w, r, checks)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute}
}

type readiness struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
}

func ready(w http.ResponseWriter, r *http.Request, checks map[string]Check) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	report := readiness{Status: "ok", Checks: map[string]string{}}
	code := http.StatusOK
	var mu sync.Mutex
	var running sync.WaitGroup
	for name, check := range checks {
		running.Go(func() {
			err := check(ctx)
			mu.Lock()
			defer mu.Unlock()
			report.Checks[name] = "ok"
			if err != nil {
				report.Checks[name] = err.Error()
				report.Status, code = "unavailable", http.StatusServiceUnavailable
			}
		})
	}
	running.Wait()
	answer(w, code, report)
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// The only possible error is that the client has gone, and then nobody is left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
