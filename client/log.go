package client

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// logAttempt logs the method, operation, path template, number, duration, and status or
// failure of an attempt, and the request ID of the response. It logs nothing else, because
// paths, queries, headers and bodies may contain personal data or secrets.
func logAttempt(logger *slog.Logger, req *http.Request, number int, start time.Time, rsp *http.Response, err error) {
	if logger == nil {
		return
	}
	logged := false
	defer func() {
		if !logged { // the handler has panicked or ended the goroutine
			engine.CloseBody(rsp)
		}
	}()
	level, attrs := slog.LevelDebug, []slog.Attr{slog.String("method", req.Method)}
	if op, ok := api.OperationFromContext(req.Context()); ok {
		attrs = append(attrs, slog.String("operation", op.ID), slog.String("path", op.Path))
	}
	attrs = append(attrs, slog.Int("attempt", number), slog.Duration("duration", time.Since(start)))
	if err != nil || rsp == nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", "no response"))
	} else {
		attrs = append(attrs, slog.Int("status", rsp.StatusCode))
		if id := engine.RequestID(&http.Response{Request: req, Header: rsp.Header}); id != "" { // a RoundTripper may have set another Request
			attrs = append(attrs, slog.String("request_id", id))
		}
	}
	logger.LogAttrs(req.Context(), level, "tapkey: attempt", attrs...)
	logged = true
}
