package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// maxTokenResponse is the maximum size of a response of the token endpoint, in bytes.
const maxTokenResponse = 64 << 10

// fetcher returns the function that requests a new token.
func (c *config) fetcher(transport http.RoundTripper) func(context.Context) (*oauth2.Token, error) {
	if c.source != nil {
		source := *c.source
		return func(ctx context.Context) (*oauth2.Token, error) { return tokenFrom(ctx, source) }
	}
	grant := clientcredentials.Config{
		ClientID:     c.id,
		ClientSecret: c.secret,
		TokenURL:     c.tokenURL,
		Scopes:       c.scopes,
		AuthStyle:    c.authStyle,
	}
	httpClient := engine.WithoutRedirects(&http.Client{Transport: &tokenTransport{transport}})
	return func(ctx context.Context) (*oauth2.Token, error) {
		token, err := grant.Token(context.WithValue(ctx, oauth2.HTTPClient, httpClient))
		if err != nil {
			return nil, newTokenError(err, grant.ClientSecret)
		}
		return token, nil
	}
}

// tokenTransport makes responses of the token endpoint suitable for x/oauth2. It limits
// their size, rejects redirects, and sets the content type of JSON objects.
type tokenTransport struct {
	next http.RoundTripper
}

func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	rsp.Request = req // the caller's RoundTripper may not set it
	if origin, ok := engine.Redirect(rsp); ok {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Err: fmt.Errorf("%w: to %s", api.ErrRedirect, origin)}
	}
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxTokenResponse+1))
	if err != nil {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Err: err}
	}
	if len(body) > maxTokenResponse {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Err: fmt.Errorf("%w: more than %d bytes", api.ErrTooLarge, maxTokenResponse)}
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		rsp.Header.Set("Content-Type", "application/json")
	} else if rsp.StatusCode < 300 {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Err: fmt.Errorf("%w: not a JSON object", api.ErrUnexpected)}
	}
	rsp.Body = io.NopCloser(bytes.NewReader(body))
	return rsp, nil
}
