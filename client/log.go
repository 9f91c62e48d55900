package client

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
)

// loggingDoer logs what an attempt was about and how it ended. What it may say is
// this list and nothing else: no header, query or body, and no path but its template.
type loggingDoer struct {
	next   api.Doer
	logger *slog.Logger
}

func (d *loggingDoer) Do(req *http.Request) (*http.Response, error) {
	start := time.Now()
	rsp, err := d.next.Do(req)
	level, attrs := slog.LevelDebug, []slog.Attr{slog.String("method", req.Method)}
	if op, ok := api.OperationFromContext(req.Context()); ok {
		attrs = append(attrs, slog.String("operation", op.ID), slog.String("path", op.Path))
	}
	switch {
	case err != nil:
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", "no answer"))
	default:
		attrs = append(attrs, slog.Int("status", rsp.StatusCode))
	}
	attrs = append(attrs, slog.Duration("duration", time.Since(start)))
	d.logger.LogAttrs(req.Context(), level, "tapkey: attempt", attrs...)
	return rsp, err
}
