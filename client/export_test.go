package client

import (
	"context"
	"time"

	"golang.org/x/oauth2"
)

// WithSleep replaces the wait between attempts, for tests that have a network.
func WithSleep(sleep func(context.Context, time.Duration) error) Option {
	return ownOption(func(c *config) { c.sleep = sleep })
}

// TokensOf is the source behind a client's bearer tokens.
func TokensOf(c *Client) oauth2.TokenSource { return c.shared.tokens }
