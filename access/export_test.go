package access

import (
	"context"
	"time"
)

// WithoutPauses returns options with which Apply does not wait before it looks for the effect
// of a call.
func WithoutPauses(o Options) Options {
	o.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return o
}

// At returns a scope and options with another clock.
func At(now time.Time, s Scope, o Options) (Scope, Options) {
	s.now = func() time.Time { return now }
	o.now = s.now
	return s, o
}
