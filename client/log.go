package client

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
)

// logAttempt logs what an attempt was about and how it ended. What it may say is this
// list and nothing else: no query or body, no header but a request id, and no path but
// its template.
func logAttempt(logger *slog.Logger, req *http.Request, number int, start time.Time, rsp *http.Response, err error) {
	if logger == nil {
		return
	}
	level, attrs := slog.LevelDebug, []slog.Attr{slog.String("method", req.Method)}
	if op, ok := api.OperationFromContext(req.Context()); ok {
		attrs = append(attrs, slog.String("operation", op.ID), slog.String("path", op.Path))
	}
	attrs = append(attrs, slog.Int("attempt", number), slog.Duration("duration", time.Since(start)))
	if err != nil || rsp == nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("error", "no answer"))
	} else {
		attrs = append(attrs, slog.Int("status", rsp.StatusCode))
		if id := requestID(rsp.Header); id != "" {
			attrs = append(attrs, slog.String("request_id", id))
		}
	}
	logger.LogAttrs(req.Context(), level, "tapkey: attempt", attrs...)
}

// What a request id looks like; it is too short for a token.
const (
	idCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz|:._-"
	maxID        = 64
)

// requestID is what the server calls a request, if it says so.
func requestID(header http.Header) string {
	for _, name := range []string{"X-Request-Id", "Request-Id", "Traceparent"} {
		if id := header.Get(name); id != "" && len(id) <= maxID && strings.Trim(id, idCharacters) == "" {
			return id
		}
	}
	return ""
}
