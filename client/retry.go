package client

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
)

const (
	backoffBase = 250 * time.Millisecond
	backoffCap  = 10 * time.Second

	// maxRetryAfter is how long a server may ask to wait. If it asks for longer, the
	// answer is the caller's to deal with.
	maxRetryAfter = 30 * time.Second
)

// retryDoer makes attempts until one answers for good. prepare is run on a copy of
// the request for each, so that each carries the token of its time.
type retryDoer struct {
	next    api.Doer
	prepare tapkey.RequestEditorFn
	retries int
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
		rsp, err := d.next.Do(try)
		if rsp != nil {
			rsp.Request = try // a transport of the caller's own may not say
		}
		if attempt >= d.retries || !passing(rsp, err) || !repeatable(req) || ctx.Err() != nil {
			return rsp, err
		}
		wait, ok := delay(attempt, rsp)
		if !ok {
			return rsp, err
		}
		discard(rsp)
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// repeatable says whether a request may be sent twice. The contract knows; a request
// of the raw client carries no operation, so only GET is.
func repeatable(req *http.Request) bool {
	op, known := api.OperationFromContext(req.Context())
	idempotent := known && op.Idempotent || !known && req.Method == http.MethodGet
	return idempotent && replayable(req)
}

// discard reads a small rest of an answer that nobody wants, so that the connection
// can be used again.
func discard(rsp *http.Response) {
	if rsp != nil {
		_, _ = io.CopyN(io.Discard, rsp.Body, maxTokenAnswer)
		_ = rsp.Body.Close()
	}
}

// passing says whether a failure may be over soon.
func passing(rsp *http.Response, err error) bool {
	if err != nil {
		// A certificate does not get better by trying again.
		_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
		return !certificate
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
		if wait, ok := retryAfter(rsp.Header.Get("Retry-After"), time.Now()); ok {
			return wait, wait <= maxRetryAfter
		}
	}
	return backoff(attempt), true
}

func backoff(attempt int) time.Duration {
	return rand.N(min(backoffCap, backoffBase<<min(attempt, 16)))
}

// retryAfter reads the two forms of RFC 9110, section 10.2.3.
func retryAfter(header string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
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
