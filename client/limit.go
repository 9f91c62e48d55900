package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// gate waits until an attempt may be made. Leave is called when its response is received.
type gate func(context.Context) (leave func(), err error)

// WithLimiter limits the rate of requests with a limiter such as a *rate.Limiter of
// golang.org/x/time/rate. Its Wait is called before each attempt, and must return when its
// context is done. Retries and pages of iterators count; token requests do not. The limiter is
// shared by all clients, variants and calls that have it. The default, nil, is no limit.
func WithLimiter(limiter interface{ Wait(context.Context) error }) Option {
	return ownOption(func(c *config) {
		c.limiter = nil
		if limiter == nil {
			return
		}
		c.limiter = func(ctx context.Context) (func(), error) {
			if err := limiter.Wait(ctx); err != nil {
				return nil, fmt.Errorf("request not sent: limiter: %w", err)
			}
			return func() {}, nil
		}
	})
}

// WithMaxConcurrent limits the number of requests that wait for a response at the same time to
// n. An attempt waits until it may be sent, and counts until the header of its response is
// received: a response that is being read does not count, so that a loop over an iterator can
// send other calls. Token requests do not count. The limit is shared by all clients, variants
// and calls that have this option. Zero is no limit, which is the default.
func WithMaxConcurrent(n int) Option {
	slots := make(chan struct{}, max(n, 0))
	return ownOption(func(c *config) {
		c.slots = nil
		if n < 0 {
			c.fail(errors.New("maximum of concurrent requests is less than 0"))
		}
		if n <= 0 {
			return
		}
		c.slots = func(ctx context.Context) (func(), error) {
			select {
			case slots <- struct{}{}:
				return func() { <-slots }, nil
			case <-ctx.Done():
				return nil, engine.WithCause(ctx, ctx.Err())
			}
		}
	})
}

// both returns a gate that passes two gates, which may be nil.
func both(outer, inner gate) gate {
	switch {
	case outer == nil:
		return inner
	case inner == nil:
		return outer
	}
	return func(ctx context.Context) (func(), error) {
		leaveOuter, err := outer(ctx)
		if err != nil {
			return nil, err
		}
		entered := false
		defer func() {
			if !entered { // inner has failed or panicked
				leaveOuter()
			}
		}()
		leaveInner, err := inner(ctx)
		if err != nil {
			return nil, err
		}
		entered = true
		return func() { leaveInner(); leaveOuter() }, nil
	}
}
