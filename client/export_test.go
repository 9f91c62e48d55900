package client

import (
	"context"
	"time"
)

// WithSleep replaces the wait between attempts, for tests that have a network.
func WithSleep(sleep func(context.Context, time.Duration) error) Option {
	return func(c *config) { c.sleep = sleep }
}
