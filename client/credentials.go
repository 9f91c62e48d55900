package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// fetcher returns the function that obtains a new token.
func (c *config) fetcher(transport http.RoundTripper) func(context.Context) (*oauth2.Token, error) {
	if c.source != nil {
		return c.sourceToken
	}
	endpoint := &tokenendpoint.Endpoint{
		URL: c.tokenURL, ID: c.id, Secret: c.secret, AuthStyle: c.authStyle,
		Transport: transport, Now: func() time.Time { return c.clock.now().wall },
	}
	form := url.Values{"grant_type": {"client_credentials"}} // RFC 6749, section 4.4.2
	if len(c.scopes) > 0 {
		form.Set("scope", strings.Join(c.scopes, " "))
	}
	return func(ctx context.Context) (*oauth2.Token, error) {
		token, err := endpoint.Token(ctx, form)
		return token, tokenError(err)
	}
}

// sourceToken returns a token of the token source. If the token has expired, it calls the
// source once more.
func (c *config) sourceToken(ctx context.Context) (*oauth2.Token, error) {
	for range 2 {
		token, err := tokenFrom(ctx, *c.source)
		if err != nil || token.Expiry.IsZero() || c.clock.now().until(token.Expiry) > 0 {
			return token, err
		}
		c.invalidate(token)
	}
	return nil, errors.New("token source returned a token that has expired")
}

// invalidate tells the token source not to return a token again.
func (c *config) invalidate(token *oauth2.Token) {
	if c.source == nil {
		return
	}
	if source, ok := (*c.source).(TokenInvalidator); ok {
		source.InvalidateToken(token)
	}
}
