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

// maxTokenAnswer bounds an answer of the token endpoint.
const maxTokenAnswer = 64 << 10

// fetcher returns how a new token is had.
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

// tokenTransport makes answers of the token endpoint fit for x/oauth2: bounded, no
// redirect, and labelled as the JSON that they are.
type tokenTransport struct {
	next http.RoundTripper
}

func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	rsp.Request = req // a transport of the caller's own may not say
	if origin, ok := engine.Redirect(rsp); ok {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Err: fmt.Errorf("%w: to %s", api.ErrRedirect, origin)}
	}
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxTokenAnswer+1))
	if err != nil {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Err: err}
	}
	if len(body) > maxTokenAnswer {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Err: fmt.Errorf("%w: more than %d bytes", api.ErrTooLarge, maxTokenAnswer)}
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		rsp.Header.Set("Content-Type", "application/json")
	} else if rsp.StatusCode < 300 {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Err: fmt.Errorf("%w: no JSON object", api.ErrUnexpected)}
	}
	rsp.Body = io.NopCloser(bytes.NewReader(body))
	return rsp, nil
}
