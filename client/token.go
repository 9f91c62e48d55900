package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/tapkey-go/tapkey-go/api"
)

const (
	// tokenTimeout bounds a renewal with all its attempts.
	tokenTimeout = 30 * time.Second

	// unknownLifetime is how long a token is used that does not say how long it
	// lives, or says something impossible.
	unknownLifetime = time.Minute

	// After a failed renewal there is none for as long as this, doubled each time.
	renewalPause    = time.Second
	maxRenewalPause = 8 * time.Second

	// forcedInterval is how long a token stays that was had because of a 401 and did
	// not help: the 401 then means missing rights, which a token does not cure.
	forcedInterval = time.Minute
)

// tokenCache keeps a token and renews it before it expires.
//
// A renewal starts from a call, never from a timer. One is under way at a time, on a
// context of its own; its result and its error are everyone's, and a caller waits
// for it only as long as its own context lasts. While the old token is good, nobody
// waits at all.
type tokenCache struct {
	fetch   func(context.Context) (*oauth2.Token, error)
	retries int
	sleep   func(context.Context, time.Duration) error
	renewal singleflight.Group

	current atomic.Pointer[lease] // nil before the first token

	mu       sync.Mutex
	failures int       // renewals failed in a row
	failed   error     // the last failure
	pausedTo time.Time // no renewal before
}

// lease is a token and how long it is used. It is immutable.
type lease struct {
	token      *oauth2.Token
	generation int // incremented by each renewal
	obtained   time.Time
	renewAfter time.Duration // from here on it is renewed in the background
	useFor     time.Duration // from here on it is not used
	forced     bool          // had because of a 401, and not known to have helped
}

// Token implements oauth2.TokenSource.
func (c *tokenCache) Token() (*oauth2.Token, error) {
	return c.TokenContext(context.Background())
}

// TokenContext is Token for a caller that may stop waiting.
func (c *tokenCache) TokenContext(ctx context.Context) (*oauth2.Token, error) {
	current := c.current.Load()
	if current != nil && time.Since(current.obtained) < current.renewAfter {
		return current.token, nil
	}
	paused, failed := c.pause()
	if current != nil && time.Since(current.obtained) < current.useFor {
		if !paused {
			c.renew(ctx, current, false)
		}
		return current.token, nil
	}
	if paused {
		return nil, failed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return wait(ctx, c.renew(ctx, current, false))
}

// replace gets another token than the rejected one. It reports false if there is
// none, or if it is no use asking for one again so soon.
func (c *tokenCache) replace(ctx context.Context, rejected string) bool {
	current := c.current.Load()
	if current != nil && current.token.AccessToken != rejected {
		return true // somebody else was faster
	}
	if current != nil && current.forced && time.Since(current.obtained) < forcedInterval {
		return false
	}
	if paused, _ := c.pause(); paused {
		return false
	}
	token, err := wait(ctx, c.renew(ctx, current, true))
	return err == nil && token.AccessToken != rejected
}

// helped notes that the token in use has cured a 401, or may have, so that the next 401
// may ask for another one at once.
func (c *tokenCache) helped() {
	current := c.current.Load()
	if current == nil || !current.forced {
		return
	}
	helped := *current
	helped.forced = false
	c.current.CompareAndSwap(current, &helped)
}

// pause says whether the endpoint is to be left alone for now, and why.
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
		// No caller's deadline, since the others want the token, too, and none of the
		// operation that the caller wants it for.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(api.ContextWithOperation(ctx, nil)), tokenTimeout)
		defer cancel()
		token, err := c.attempt(ctx)
		now := time.Now()
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.failed, c.pausedTo = err, now.Add(pauseAfter(err, c.failures))
			c.failures++
			return nil, err
		}
		c.failures, c.failed, c.pausedTo = 0, nil, time.Time{}
		current := newLease(token, now)
		current.forced = forced
		if old != nil {
			current.generation = old.generation + 1
		}
		c.current.Store(current)
		return token, nil
	})
}

func wait(ctx context.Context, result <-chan singleflight.Result) (*oauth2.Token, error) {
	select {
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*oauth2.Token), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// attempt asks for a token, again if the failure may pass: never after a refusal.
func (c *tokenCache) attempt(ctx context.Context) (*oauth2.Token, error) {
	for n := 0; ; n++ {
		token, err := c.fetch(ctx)
		failed, ok := errors.AsType[*TokenError](err)
		if err == nil || !ok || n >= c.retries || !failed.transient() || ctx.Err() != nil {
			return token, err
		}
		pause := backoff(n)
		if failed.retryAfter > 0 {
			pause = failed.retryAfter
		}
		if !fitsDeadline(ctx, pause) || c.sleep(ctx, pause) != nil {
			return nil, err
		}
	}
}

// pauseAfter is how long to leave the endpoint alone after a failed renewal.
func pauseAfter(err error, failures int) time.Duration {
	pause := min(maxRenewalPause, renewalPause<<min(failures, 8))
	if failed, ok := errors.AsType[*TokenError](err); ok {
		pause = max(pause, min(failed.retryAfter, maxRetryAfter))
	}
	return pause
}

// newLease leaves a margin before the expiry and spreads the renewals of many
// processes, so that they do not come all at once.
func newLease(t *oauth2.Token, now time.Time) *lease {
	life := unknownLifetime
	if t.Expiry.After(now) {
		life = t.Expiry.Sub(now)
	}
	return &lease{
		token:      t,
		obtained:   now,
		renewAfter: life*7/10 + rand.N(life*3/20+1),
		useFor:     life - min(10*time.Second, life/10),
	}
}
