package client

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

const (
	backoffBase = 250 * time.Millisecond
	backoffCap  = 10 * time.Second

	// maxRetryAfter is the longest Retry-After that a retry waits for. If it is longer, the
	// call fails at once, and the error contains it.
	maxRetryAfter = 30 * time.Second
)

// retryDoer retries transient failures. It calls prepare on a copy of the request for each
// attempt, so that each attempt has the current token.
type retryDoer struct {
	sender     *engine.Sender
	prepare    tapkey.RequestEditorFn
	retries    int
	logger     *slog.Logger // may be nil
	sleep      func(context.Context, time.Duration) error
	enter      gate // limits attempts; may be nil
	middleware []Middleware
}

func (d *retryDoer) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	lost := false // an earlier attempt may have been executed
	for attempt := 0; ; attempt++ {
		sent, done, rsp, err := d.attempt(req)
		if sent == nil {
			return nil, notSent(err, !lost)
		}
		unsent := err != nil && (done || engine.NeverSent(err) || isNotSent(err))
		if rsp != nil {
			if replaced := tokenendpoint.HeaderReplaced(sent, rsp); replaced && refused(rsp) {
				return nil, replacedError(req, rsp)
			}
			rsp.Request = sent // the caller's RoundTripper may not set it
		}
		if attempt >= d.retries || !transient(rsp, err) || !repeatable(req, err) || ctx.Err() != nil {
			return rsp, notSent(err, unsent && !lost)
		}
		wait, ok := retryDelay(attempt, rsp)
		if !ok || !fitsDeadline(ctx, wait) {
			return rsp, notSent(err, unsent && !lost)
		}
		engine.CloseBody(rsp)
		lost = lost || !unsent
		if err := d.sleep(ctx, wait); err != nil {
			return nil, notSent(err, !lost)
		}
	}
}

// attempt makes one attempt and returns the request that was sent, or nil if the request could
// not be prepared. Done means that the context had ended before.
func (d *retryDoer) attempt(req *http.Request) (sent *http.Request, done bool, rsp *http.Response, err error) {
	ctx := req.Context()
	try, err := d.sender.Attempt(req)
	if err == nil && d.enter != nil {
		var leave func()
		if leave, err = d.enter(ctx); err == nil {
			defer leave()
		}
	}
	if err == nil {
		err = d.prepare(ctx, try.Request)
	}
	if err != nil {
		return nil, false, nil, err
	}
	done = ctx.Err() != nil
	var start time.Time
	if d.logger != nil {
		start = time.Now()
	}
	number := try.Count()
	if len(d.middleware) == 0 {
		rsp, err = try.Send() //nolint:contextcheck // its context is that of the request
	} else {
		rsp, err = d.sendWithin(try, number) //nolint:contextcheck // its context is that of the request
	}
	err = redactAttempt(try.Request, err)
	logAttempt(d.logger, try.Request, number, start, rsp, err)
	return try.Request, done, rsp, err
}

// refused reports whether a response says that credentials or permissions are missing.
func refused(rsp *http.Response) bool {
	return rsp.StatusCode == http.StatusUnauthorized || rsp.StatusCode == http.StatusForbidden
}

// replacedError returns the error of a request that was refused with an Authorization header
// other than the client's. Another token of the client would not change that.
func replacedError(req *http.Request, rsp *http.Response) error {
	op, known := api.OperationFromContext(req.Context())
	if !known {
		op.Method = req.Method
	}
	err := engine.Discard(&op, rsp, nil)
	if failed, ok := errors.AsType[*api.Error](err); ok {
		failed.Err = ErrHeaderReplaced
	}
	return err
}

// notSent marks an error for [api.MaybeDone], if no attempt was sent.
func notSent(err error, unsent bool) error {
	if err == nil || !unsent {
		return err
	}
	return engine.NotSent(err)
}

// repeatable reports whether a request may be sent again: idempotent operations, GET on
// the raw client, and any request that the server has not processed.
func repeatable(req *http.Request, err error) bool {
	op, known := api.OperationFromContext(req.Context())
	idempotent := known && op.Idempotent || !known && req.Method == http.MethodGet
	return replayable(req) && (idempotent || notProcessed(err))
}

// notProcessed reports whether an attempt failed before the server processed the request: no
// connection was established, or the server refused the request over HTTP/2.
func notProcessed(err error) bool {
	return engine.NotConnected(err) || errors.Is(err, engine.ErrNotProcessed)
}

// transient reports whether an attempt failed and a retry may succeed.
func transient(rsp *http.Response, err error) bool {
	if err != nil {
		// An invalid certificate, a header that is too large and a defect of a middleware are
		// permanent.
		_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
		return !certificate && !errors.Is(err, api.ErrTooLarge) && !isNotSent(err) && !errors.Is(err, errCalledTwice)
	}
	return transientStatus(rsp.StatusCode)
}

func transientStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retryDelay returns the delay before the next attempt: the value of Retry-After, or else
// exponential backoff with full jitter. It reports false if Retry-After is longer than
// maxRetryAfter.
func retryDelay(attempt int, rsp *http.Response) (time.Duration, bool) {
	if rsp != nil {
		if wait, ok := engine.RetryAfter(rsp.Header); ok {
			return wait, wait <= maxRetryAfter
		}
	}
	return backoff(attempt), true
}

// fitsDeadline reports whether wait ends before the context's deadline. If it does not, the
// caller gets the original error instead of DeadlineExceeded.
func fitsDeadline(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || wait < time.Until(deadline)
}

// backoff returns a random delay before the attempt that follows the given one.
func backoff(attempt int) time.Duration {
	return rand.N(min(backoffCap, backoffBase<<min(attempt, 16)))
}

// sleep waits for d, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
