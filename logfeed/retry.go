package logfeed

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

const (
	// maxPause is the longest pause after a failure, unless the interval is longer.
	maxPause = 10 * time.Minute

	// maxRetryAfter is the longest pause that a server can request.
	maxRetryAfter = time.Hour
)

// permanent reports whether another attempt cannot fix a failure.
func permanent(err error) bool {
	switch status := statusOf(err); {
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return false
	case status >= 300:
		return true
	}
	for _, target := range []error{
		client.ErrConfig, client.ErrPlainHTTP, client.ErrMalformedToken, client.ErrScopeNotRequested,
		client.ErrHeaderReplaced, client.ErrPath, api.ErrTooLarge, tokenendpoint.ErrSignInAgain,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	_, path := errors.AsType[*api.PathValueError](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, entry := errors.AsType[*entryError](err)
	return path || certificate || entry
}

// statusOf returns the status of the response that is the reason of a failure, or 0. A token
// request may have failed before the call was sent.
func statusOf(err error) int {
	if e, ok := errors.AsType[*client.TokenError](err); ok && e.StatusCode != 0 {
		return e.StatusCode
	}
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && e.Response != nil {
		return e.Response.StatusCode
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.StatusCode
	}
	return 0
}

// backoff returns the pause after a failure that follows a number of others.
func backoff(interval time.Duration, failures int) time.Duration {
	pause := interval
	for range failures {
		if pause >= maxPause/2 {
			return max(maxPause, interval)
		}
		pause *= 2
	}
	return pause
}

// retryAfter returns how long the server asks to wait, or 0.
func retryAfter(err error) time.Duration {
	var wait time.Duration
	if e, ok := errors.AsType[*client.TokenError](err); ok {
		wait = e.RetryAfter
	}
	if e, ok := errors.AsType[*api.Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	return min(wait, maxRetryAfter)
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
