package client

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

const (
	backoffBase = 250 * time.Millisecond
	backoffCap  = 10 * time.Second

	// maxRetryAfter is how long a server may ask to wait. If it asks for longer, the
	// answer is the caller's to deal with; the error says how long.
	maxRetryAfter = 30 * time.Second
)

// retryDoer makes attempts until one answers for good. prepare is run on a copy of
// the request for each, so that each carries the token of its time.
type retryDoer struct {
	next    engine.Doer
	prepare tapkey.RequestEditorFn
	retries int
	logger  *slog.Logger // may be nil
	sleep   func(context.Context, time.Duration) error
}

func (d *retryDoer) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	for attempt := 0; ; attempt++ {
		try, err := replay(req)
		if err != nil {
			return nil, err
		}
		if err := d.prepare(ctx, try); err != nil {
			return nil, err
		}
		start := time.Now()
		rsp, err := d.next.Do(try)
		logAttempt(d.logger, try, attempt+1, start, rsp, err)
		if rsp != nil {
			rsp.Request = try // a transport of the caller's own may not say
		}
		if attempt >= d.retries || !passing(rsp, err) || !repeatable(req, err) || ctx.Err() != nil {
			return rsp, err
		}
		wait, ok := delay(attempt, rsp)
		if !ok || !timeFor(ctx, wait) {
			return rsp, err
		}
		engine.CloseBody(rsp)
		if err := d.sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// repeatable says whether a request may be sent again. The contract knows; a request
// of the raw client carries no operation, so only GET is. And any may that never left.
func repeatable(req *http.Request, err error) bool {
	op, known := api.OperationFromContext(req.Context())
	idempotent := known && op.Idempotent || !known && req.Method == http.MethodGet
	return replayable(req) && (idempotent || neverLeft(err))
}

// neverLeft says whether there was no connection at all that a request could have been
// sent on.
func neverLeft(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && (failed.Op == "dial" || failed.Op == "proxyconnect")
}

// passing says whether a failure may be over soon.
func passing(rsp *http.Response, err error) bool {
	if err != nil {
		// Neither a certificate nor a header gets better by trying again.
		_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
		return !certificate && !errors.Is(err, api.ErrTooLarge)
	}
	return passingStatus(rsp.StatusCode)
}

func passingStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// delay is exponential back-off with full jitter, or what the server asks for. It
// reports false if the server asks for too long a wait.
func delay(attempt int, rsp *http.Response) (time.Duration, bool) {
	if rsp != nil {
		if wait, ok := engine.RetryAfter(rsp.Header); ok {
			return wait, wait <= maxRetryAfter
		}
	}
	return backoff(attempt), true
}

// timeFor says whether a wait ends before the context does: if not, what went wrong is
// worth more to the caller than the news that time is up.
func timeFor(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || wait < time.Until(deadline)
}

func backoff(attempt int) time.Duration {
	return rand.N(min(backoffCap, backoffBase<<min(attempt, 16)))
}

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
