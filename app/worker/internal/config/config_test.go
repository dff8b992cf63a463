package config

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func load(env map[string]string) (Config, error) {
	return Load(func(name string) string { return env[name] })
}

func TestDefaults(t *testing.T) {
	got, err := load(map[string]string{"POSTGRES_PASSWORD": "pw"})
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Port: 8081, LogLevel: slog.LevelInfo, RedisHost: "redis", RedisPort: 6379,
		Postgres: Postgres{Host: "postgres", Port: 5432, User: "postgres", Password: "pw", Database: "postgres"},
		WorkerID: host, Concurrency: 5, BatchSize: 500,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPasswordFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(" s3cret \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := load(map[string]string{"POSTGRES_PASSWORD_FILE": file})
	if err != nil || got.Postgres.Password != " s3cret " {
		t.Errorf("got %q, %v", got.Postgres.Password, err)
	}
}

func TestRefusals(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"no password":        {map[string]string{}, []string{"set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE"}},
		"two passwords":      {map[string]string{"POSTGRES_PASSWORD": "hush", "POSTGRES_PASSWORD_FILE": empty}, []string{"set only one"}},
		"no password file":   {map[string]string{"POSTGRES_PASSWORD_FILE": empty + "x"}, []string{"cannot be read", "no such file"}},
		"empty file":         {map[string]string{"POSTGRES_PASSWORD_FILE": empty}, []string{"which is empty"}},
		"a service's link":   {map[string]string{"REDIS_PORT": "tcp://10.0.0.1:6379"}, []string{"REDIS_PORT", "whole number", "enableServiceLinks: false"}},
		"port out of range":  {map[string]string{"PORT": "70000"}, []string{`PORT is "70000"`, "from 1 to 65535"}},
		"level":              {map[string]string{"LOG_LEVEL": "loud"}, []string{"LOG_LEVEL", "debug, info, warning or error"}},
		"worker id":          {map[string]string{"WORKER_ID": "a:b*"}, []string{"WORKER_ID", "letters, digits"}},
		"concurrency":        {map[string]string{"WORKER_CONCURRENCY": "0"}, []string{"WORKER_CONCURRENCY", "from 1 to 100"}},
		"everything at once": {map[string]string{"PORT": "x", "POSTGRES_PORT": "y"}, []string{"PORT is \"x\"", "POSTGRES_PORT is \"y\"", "no password"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(tc.env)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("%q gives the password away", err)
			}
		})
	}
}
