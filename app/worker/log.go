package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// newLog writes one JSON object a line, under the names that all services of the voting app use.
func newLog(out io.Writer, level slog.Level) *slog.Logger {
	names := map[slog.Level]string{slog.LevelDebug: "debug", slog.LevelInfo: "info", slog.LevelWarn: "warning", slog.LevelError: "error"}
	handler := slog.NewJSONHandler(out, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey:
				return slog.String("timestamp", a.Value.Time().UTC().Format(time.RFC3339Nano))
			case slog.LevelKey:
				return slog.String("level", names[a.Value.Any().(slog.Level)])
			case slog.MessageKey:
				a.Key = "message"
			}
			return a
		},
	})
	return slog.New(handler).With("component", "worker")
}

// redisLog takes in what the redis client would otherwise print as plain text. Each failure also comes back as an error, which
// is logged where it is handled; so this is for debugging only.
type redisLog struct{ log *slog.Logger }

func (r redisLog) Printf(ctx context.Context, format string, v ...any) {
	r.log.DebugContext(ctx, fmt.Sprintf(format, v...), "logger", "redis")
}
