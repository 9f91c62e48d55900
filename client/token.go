package client

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

const (
	// tokenTimeout limits a renewal, including its retries.
	tokenTimeout = 30 * time.Second

	// unknownLifetime is the lifetime assumed for a token without an expiry.
	unknownLifetime = time.Minute

	// maxLifetime is the longest lifetime. The products that newLease calculates fit in a
	// time.Duration.
	maxLifetime = 10 * 365 * 24 * time.Hour

	// After a failed renewal no token is requested for renewalPause. The pause doubles
	// with each failure, up to maxRenewalPause.
	renewalPause    = time.Second
	maxRenewalPause = 8 * time.Second

	// forcedInterval is the minimum time between two renewals that were caused by a 401,
	// if the first did not help. The caller then lacks permissions, and another token does
	// not change that.
	forcedInterval = time.Minute
)

// TokenInvalidator is an optional interface of a token source; see [WithTokenSource].
type TokenInvalidator interface {
	// InvalidateToken reports a token that the API has refused, or that had expired when
	// the source returned it. The source should not return it again. The next call of the
	// source follows.
	InvalidateToken(*oauth2.Token)
}

// tokenCache caches a token and renews it before it expires.
//
// A call starts a renewal; there is no timer. At most one renewal is in flight. It has a
// separate context, and all callers share its token or error. Each caller waits until its
// own context is done. While the old token is valid, no caller waits.
type tokenCache struct {
	fetch      func(context.Context) (*oauth2.Token, error)
	invalidate func(*oauth2.Token) // tells the source that a token was refused; may be nil
	stored     *storedTokens       // nil without a store
	retries    int
	logger     *slog.Logger // may be nil
	sleep      func(context.Context, time.Duration) error
	clock      clock
	guard      tokenGuard // of fetch and invalidate
	renewal    singleflight.Group

	current atomic.Pointer[lease] // nil before the first token

	mu       sync.Mutex
	failures int       // number of failed renewals since the last success
	failed   error     // the last failure
	pausedTo time.Time // no renewal before this time
}

// lease is a token with the times at which to renew it and to stop using it. It is immutable.
type lease struct {
	token      *oauth2.Token
	generation int // incremented by each renewal
	obtained   instant
	renewAfter time.Duration // age from which it is renewed in the background
	useFor     time.Duration // age from which it is not used
	forced     bool          // obtained because of a 401, and not known to have helped
	accepted   *requestSet   // requests that a forced lease was accepted for
}

// age returns the time since a token was obtained, or 0 without a lease.
func (c *tokenCache) age(l *lease) time.Duration {
	if l == nil {
		return 0
	}
	return c.clock.now().since(l.obtained)
}

// Token implements oauth2.TokenSource.
func (c *tokenCache) Token() (*oauth2.Token, error) {
	return c.TokenContext(context.Background())
}

// TokenContext returns the cached token, or waits for a renewal until ctx is done.
func (c *tokenCache) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	current := c.current.Load()
	age := c.age(current)
	if current != nil && age < current.renewAfter {
		return current.token, nil
	}
	paused, failed := c.pause()
	if current != nil && age < current.useFor {
		if !paused {
			c.renew(ctx, current, false)
		}
		return current.token, nil
	}
	if paused {
		return nil, failed
	}
	if ctx.Err() != nil {
		return nil, engine.WithCause(ctx, ctx.Err())
	}
	return wait(ctx, c.renew(ctx, current, false))
}

// replace obtains a token other than the rejected one and reports whether it succeeded. The
// error is that of the renewal. It requests no token during the pause after a failed renewal,
// and within forcedInterval, unless the rejected token has been accepted for the same request:
// it has then been revoked, and no permission is missing.
func (c *tokenCache) replace(ctx context.Context, rejected string, request requestKey) (bool, error) {
	current := c.current.Load()
	if current != nil && current.token.AccessToken != rejected {
		return true, nil // another call has replaced it
	}
	if current != nil && current.forced && c.age(current) < forcedInterval && !current.accepted.has(request) {
		return false, nil
	}
	if paused, failed := c.pause(); paused {
		return false, failed
	}
	token, err := wait(ctx, c.renew(ctx, current, true))
	return err == nil && token.AccessToken != rejected, err
}

// replacements returns how many tokens a call replaces after a 401. With a store, the first of
// them may be a token of the store that the API refuses, too.
func (c *tokenCache) replacements() int {
	if c.stored != nil {
		return 2
	}
	return 1
}

// helped records that the current token resolved a 401, or may have. The next 401 may then
// cause a renewal at once.
func (c *tokenCache) helped() {
	current := c.current.Load()
	if current == nil || !current.forced {
		return
	}
	helped := *current
	helped.forced = false
	c.current.CompareAndSwap(current, &helped)
}

// accept records that a token was accepted for a request.
func (c *tokenCache) accept(token string, request requestKey) {
	if current := c.current.Load(); current != nil && current.forced && current.token.AccessToken == token {
		current.accepted.add(request)
	}
}

// pause reports whether the pause after a failed renewal lasts, and returns the failure.
func (c *tokenCache) pause() (paused bool, failed error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.pausedTo), c.failed
}

// renew replaces the lease the caller saw. If another renewal has finished since, renew
// returns its result.
func (c *tokenCache) renew(ctx context.Context, seen *lease, forced bool) <-chan singleflight.Result {
	return c.renewal.DoChan("", func() (any, error) {
		old := c.current.Load()
		if old != nil && (seen == nil || old.generation != seen.generation) {
			return old.token, nil
		}
		if paused, failed := c.pause(); paused {
			return nil, failed
		}
		// All callers share the result. The request therefore has neither the deadline nor
		// the operation of this caller, and what the source of the program does with it is not
		// the response of the call.
		ctx := context.WithoutCancel(api.ContextWithResponse(api.ContextWithOperation(ctx, nil), nil))
		var stored bool // the token is that of the store
		token, err := c.guard.call(ctx, func(ctx context.Context) (token *oauth2.Token, err error) {
			if forced && old != nil && c.invalidate != nil {
				c.invalidate(old.token)
			}
			if c.stored == nil {
				return c.request(ctx)
			}
			token, stored, err = c.stored.obtain(ctx, old, forced, c.request)
			return token, err
		})
		now := c.clock.now()
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.failed, c.pausedTo = err, now.monotonic.Add(pauseAfter(err, c.failures))
			c.failures++
			return nil, err
		}
		c.failures, c.failed, c.pausedTo = 0, nil, time.Time{}
		current := newLease(token, now)
		if forced && !stored { // a token of the store may be as old as the one that was refused
			current.forced, current.accepted = true, &requestSet{}
		}
		if old != nil {
			current.generation = old.generation + 1
		}
		c.current.Store(current)
		return token, nil
	})
}

// wait waits for the result of a renewal, or until ctx is done.
func wait(ctx context.Context, result <-chan singleflight.Result) (*oauth2.Token, error) {
	select {
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*oauth2.Token), nil
	case <-ctx.Done():
		return nil, engine.WithCause(ctx, ctx.Err())
	}
}

// request requests a token. A malformed token is an error: it must not replace a valid one.
func (c *tokenCache) request(ctx context.Context) (*oauth2.Token, error) {
	token, err := c.attempt(ctx)
	if err == nil {
		err = checkToken(token)
	}
	return token, err
}

// attempt requests a token and retries transient failures.
func (c *tokenCache) attempt(ctx context.Context) (*oauth2.Token, error) {
	for n := 0; ; n++ {
		start := time.Now()
		token, err := c.fetch(engine.ContextWithAttempt(ctx, api.Attempt{Number: n + 1, TokenRequest: true}))
		logToken(ctx, c.logger, n+1, start, err)
		failed, ok := errors.AsType[*TokenError](err)
		if err == nil || !ok || n >= c.retries || !failed.transient() || ctx.Err() != nil {
			return token, err
		}
		pause := backoff(n)
		if failed.RetryAfter > 0 {
			pause = failed.RetryAfter
		}
		if !fitsDeadline(ctx, pause) || c.sleep(ctx, pause) != nil {
			return nil, err
		}
	}
}

// pauseAfter returns how long to request no token after a failed renewal.
func pauseAfter(err error, failures int) time.Duration {
	pause := min(maxRenewalPause, renewalPause<<min(failures, 8))
	if failed, ok := errors.AsType[*TokenError](err); ok {
		pause = max(pause, min(failed.RetryAfter, maxRetryAfter))
	}
	return pause
}

// newLease returns a lease that ends shortly before the token expires. The time of its
// renewal is random, so that many processes do not renew at the same time.
func newLease(t *oauth2.Token, now instant) *lease {
	life := unknownLifetime
	if !t.Expiry.IsZero() {
		life = min(max(0, now.until(t.Expiry)), maxLifetime)
	}
	return &lease{
		token:      t,
		obtained:   now,
		renewAfter: life*7/10 + rand.N(life*3/20+1),
		useFor:     life - min(10*time.Second, life/10),
	}
}
