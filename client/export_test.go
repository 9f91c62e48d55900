package client

import (
	"context"
	"time"

	"golang.org/x/oauth2"
)

// WithSleep replaces the delay between attempts, for tests outside of a synctest bubble.
func WithSleep(sleep func(context.Context, time.Duration) error) Option {
	return ownOption(func(c *config) { c.sleep = sleep })
}

// WithClock replaces the wall clock. The monotonic clock stays.
func WithClock(wall func() time.Time) Option {
	return sharedOption{"WithClock", func(c *config) { c.clock = wall }}
}

// TokensOf returns the token cache of a client.
func TokensOf(c *Client) oauth2.TokenSource { return c.shared().tokens }
