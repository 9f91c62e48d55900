package client

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
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
		if !errors.Is(err, context.Canceled) {
			level = slog.LevelWarn
		}
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

// failureDoer logs the failure of a call.
type failureDoer struct {
	next   engine.Doer
	logger *slog.Logger
}

func (d *failureDoer) Do(req *http.Request) (*http.Response, error) {
	engine.OnFailure(req, func(err error, duration time.Duration) { logFailure(d.logger, req, err, duration) })
	return d.next.Do(req)
}

// logFailure logs the error of a call. The level says who has to act: Info if the server has
// refused the call, Warn otherwise, and Debug if the program has canceled it.
func logFailure(logger *slog.Logger, req *http.Request, err error, duration time.Duration) {
	level, attrs := slog.LevelWarn, []slog.Attr{slog.String("method", req.Method)}
	if op, ok := api.OperationFromContext(req.Context()); ok {
		attrs = append(attrs, slog.String("operation", op.ID), slog.String("path", op.Path))
	}
	attrs = append(attrs, slog.Int("attempts", engine.Attempts(req)), slog.Duration("duration", duration))
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode != 0 {
		attrs = append(attrs, slog.Int("status", failed.StatusCode))
		if failed.RequestID != "" {
			attrs = append(attrs, slog.String("request_id", failed.RequestID))
		}
		if failed.StatusCode >= 400 && failed.StatusCode <= 499 {
			level = slog.LevelInfo
		}
		err = failed.Err
	}
	if errors.Is(err, context.Canceled) {
		level = slog.LevelDebug
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", redact.ErrorText(redact.Transport(err))))
	}
	logger.LogAttrs(req.Context(), level, "tapkey: call failed", attrs...)
}

// logToken logs an attempt to request a token, or the call of a token source.
func logToken(ctx context.Context, logger *slog.Logger, number int, start time.Time, err error) {
	if logger == nil {
		return
	}
	level, attrs := slog.LevelDebug, []slog.Attr{slog.Int("attempt", number), slog.Duration("duration", time.Since(start))}
	if err != nil {
		level = slog.LevelWarn
		failed, ok := errors.AsType[*TokenError](err)
		switch {
		case !ok || failed.StatusCode == 0:
			attrs = append(attrs, slog.String("error", "no token"))
		default:
			attrs = append(attrs, slog.Int("status", failed.StatusCode))
			if code := redact.Code(failed.Code); code != "" {
				attrs = append(attrs, slog.String("code", code))
			}
		}
	}
	logger.LogAttrs(ctx, level, "tapkey: token request", attrs...)
}
