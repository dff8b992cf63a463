package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func ok(context.Context) error { return nil }

func refused(context.Context) error { return errors.New("connection refused") }

func hanging(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func get(t *testing.T, checks map[string]Check, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	New(prometheus.NewRegistry(), checks).Handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder
}

func TestReady(t *testing.T) {
	for name, tc := range map[string]struct {
		checks map[string]Check
		code   int
		want   readiness
	}{
		"both there": {map[string]Check{"redis": ok, "postgres": ok}, 200,
			readiness{"ok", map[string]string{"redis": "ok", "postgres": "ok"}}},
		"one away": {map[string]Check{"redis": ok, "postgres": refused}, 503,
			readiness{"unavailable", map[string]string{"redis": "ok", "postgres": "connection refused"}}},
		"one hangs": {map[string]Check{"redis": hanging, "postgres": ok}, 503,
			readiness{"unavailable", map[string]string{"redis": "context deadline exceeded", "postgres": "ok"}}},
	} {
		t.Run(name, func(t *testing.T) {
			response := get(t, tc.checks, "/ready")
			var got readiness
			if err := json.Unmarshal(response.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if response.Code != tc.code || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %d %+v, want %d %+v", response.Code, got, tc.code, tc.want)
			}
		})
	}
}

func TestHealthDependsOnNothing(t *testing.T) {
	response := get(t, map[string]Check{"redis": refused}, "/health")
	if response.Code != 200 || strings.TrimSpace(response.Body.String()) != `{"status":"ok"}` {
		t.Errorf("got %d %s", response.Code, response.Body)
	}
}

func TestNothingElseIsServed(t *testing.T) {
	if response := get(t, nil, "/"); response.Code != 404 {
		t.Errorf("got %d", response.Code)
	}
}
