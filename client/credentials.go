package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/secretfile"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// fetcher returns the function that obtains a new token.
func (c *config) fetcher(transport http.RoundTripper) func(context.Context) (*oauth2.Token, error) {
	if c.source != nil {
		return c.sourceToken
	}
	form := url.Values{"grant_type": {"client_credentials"}} // RFC 6749, section 4.4.2
	if len(c.scopes) > 0 {
		form.Set("scope", strings.Join(c.scopes, " "))
	}
	request := func(ctx context.Context, with credentials) (*oauth2.Token, error) {
		endpoint := &tokenendpoint.Endpoint{
			URL: c.tokenURL, ID: with.id, Secret: with.secret, AuthStyle: c.authStyle,
			Transport: transport, Now: func() time.Time { return c.clock.now().wall },
		}
		token, err := endpoint.Token(ctx, form)
		return token, tokenError(err)
	}
	return func(ctx context.Context) (*oauth2.Token, error) {
		sent, err := c.credentials(ctx)
		if err != nil {
			return nil, err
		}
		token, err := request(ctx, sent)
		if failed, ok := errors.AsType[*TokenError](err); ok && failed.Code == "invalid_client" {
			if changed, err := c.credentials(ctx); err == nil && changed != sent {
				return request(ctx, changed)
			}
		}
		return token, err
	}
}

// credentials are a client id and a client secret.
type credentials struct {
	id, secret string
}

// credentials returns the present credentials. Those of a function or a file may change.
func (c *config) credentials(ctx context.Context) (credentials, error) {
	var err error
	present := credentials{c.id, c.secret}
	switch {
	case c.credentialsFunc != nil:
		present.id, present.secret, err = (*c.credentialsFunc)(ctx)
	case c.secretFile != "":
		present.secret, err = secretfile.Read(c.secretFile)
	default:
		return present, nil // New has checked them
	}
	if err == nil {
		err = checkCredentials(present.id, present.secret)
	}
	if err != nil {
		err = &TokenError{Err: &credentialsError{redact.NewSecrets(present.secret).Error(err)}}
	}
	return present, err
}

// credentialsError means that there are no credentials for a token request. It is not retried.
type credentialsError struct {
	err error
}

func (e *credentialsError) Error() string { return "no credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// sourceToken returns a token of the token source, which must be of the environment of the API.
// If the token has expired, it calls the source once more.
func (c *config) sourceToken(ctx context.Context) (*oauth2.Token, error) {
	for range 2 {
		token, err := tokenFrom(ctx, *c.source)
		if err != nil {
			return nil, err
		}
		if token.Expiry.IsZero() || c.clock.now().until(token.Expiry) > 0 {
			return token, c.checkIssuer(token)
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
