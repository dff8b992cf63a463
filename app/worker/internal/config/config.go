// Package config reads the worker's settings from the environment.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Postgres says where the votes are stored.
type Postgres struct {
	Host     string
	Port     int
	User     string
	Password string
	Database string
}

// Config is everything that can be set.
type Config struct {
	Port        int
	LogLevel    slog.Level
	RedisHost   string
	RedisPort   int
	Postgres    Postgres
	WorkerID    string
	Concurrency int
	BatchSize   int
}

// A worker id is part of the names of keys, whose last part is told apart by a colon.
var workerID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,253}$`)

// Load reads the environment through getenv and reports every problem at once. An empty variable counts as unset.
func Load(getenv func(string) string) (Config, error) {
	r := reader{getenv: getenv}
	c := Config{
		Port:      r.number("PORT", 8081, 1, 65535),
		LogLevel:  r.level("LOG_LEVEL"),
		RedisHost: r.text("REDIS_HOST", "redis"),
		RedisPort: r.number("REDIS_PORT", 6379, 1, 65535),
		Postgres: Postgres{
			Host:     r.text("POSTGRES_HOST", "postgres"),
			Port:     r.number("POSTGRES_PORT", 5432, 1, 65535),
			User:     r.text("POSTGRES_USER", "postgres"),
			Password: r.password(),
			Database: r.text("POSTGRES_DB", "postgres"),
		},
		WorkerID:    r.workerID(),
		Concurrency: r.number("WORKER_CONCURRENCY", 5, 1, 100),
		// More than this gains nothing, and makes one Lua call pass more values than Lua's stack holds.
		BatchSize: r.number("WORKER_BATCH_SIZE", 500, 1, 5000),
	}
	return c, errors.Join(r.problems...)
}

type reader struct {
	getenv   func(string) string
	problems []error
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

func (r *reader) text(name, fallback string) string {
	if v := r.getenv(name); v != "" {
		return v
	}
	return fallback
}

func (r *reader) number(name string, fallback, least, most int) int {
	v := r.getenv(name)
	if v == "" {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err == nil && n >= least && n <= most {
		return n
	}
	hint := ""
	if strings.Contains(v, "://") {
		hint = "; Kubernetes sets such a value for a Service of that name: set the variable yourself, or enableServiceLinks: false in the pod"
	}
	r.problem("%s is %q and must be a whole number from %d to %d%s", name, v, least, most, hint)
	return fallback
}

func (r *reader) level(name string) slog.Level {
	levels := map[string]slog.Level{
		"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warning": slog.LevelWarn, "error": slog.LevelError,
	}
	v := r.getenv(name)
	level, ok := levels[strings.ToLower(v)]
	if !ok {
		r.problem("%s is %q and must be debug, info, warning or error", name, v)
	}
	return level
}

// password never puts the value into a problem's text.
func (r *reader) password() string {
	value, file := r.getenv("POSTGRES_PASSWORD"), r.getenv("POSTGRES_PASSWORD_FILE")
	switch {
	case value != "" && file != "":
		r.problem("POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set: set only one of them")
	case value != "":
		return value
	case file != "":
		return r.passwordFrom(file)
	default:
		r.problem("no password for Postgres: set POSTGRES_PASSWORD, or POSTGRES_PASSWORD_FILE to the path of a file that holds it")
	}
	return ""
}

func (r *reader) passwordFrom(file string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		r.problem("POSTGRES_PASSWORD_FILE cannot be read: %w", err)
		return ""
	}
	password := strings.TrimRight(string(content), "\r\n")
	if password == "" {
		r.problem("POSTGRES_PASSWORD_FILE names %s, which is empty: put the password into it", file)
	}
	return password
}

func (r *reader) workerID() string {
	id := r.getenv("WORKER_ID")
	if id == "" {
		host, err := os.Hostname()
		if err != nil {
			r.problem("this machine's name, the default of WORKER_ID, cannot be read (%w): set WORKER_ID", err)
			return ""
		}
		id = host
	}
	if !workerID.MatchString(id) {
		r.problem("WORKER_ID is %q and must be 1 to 253 letters, digits, dots, underscores or hyphens", id)
	}
	return id
}
