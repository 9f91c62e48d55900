package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

const (
	// maxTokenResponse is the maximum size of a response of the token endpoint, in bytes.
	maxTokenResponse = 64 << 10

	// tokenErrorTimeout limits how long the body of an error response is read.
	tokenErrorTimeout = 500 * time.Millisecond
)

// fetcher returns the function that obtains a new token.
func (c *config) fetcher(transport http.RoundTripper) func(context.Context) (*oauth2.Token, error) {
	if c.source != nil {
		return c.sourceToken
	}
	return redactFetch(func(ctx context.Context) (*oauth2.Token, error) {
		req, err := c.tokenRequest(ctx)
		if err != nil {
			return nil, &TokenError{Err: err}
		}
		// An http.Client would add redirects and cookies, and put the URL into errors.
		rsp, err := transport.RoundTrip(req)
		if err != nil {
			return nil, &TokenError{Err: err}
		}
		defer rsp.Body.Close()
		replaced := headerReplaced(req, rsp)
		rsp.Request = req // the caller's RoundTripper may not set it
		token, err := c.readToken(rsp)
		if failed, ok := errors.AsType[*TokenError](err); ok {
			c.describeRequest(failed, replaced)
		}
		return token, err
	}, c.secret)
}

// describeRequest adds to an error what the request was like.
func (c *config) describeRequest(e *TokenError, replaced bool) {
	e.GrantType, e.AuthStyle = "client_credentials", c.authStyle
	encoded := url.QueryEscape(c.id) != c.id || url.QueryEscape(c.secret) != c.secret
	switch {
	case e.Err != nil:
	case replaced:
		e.Err = ErrHeaderReplaced
	case c.authStyle == oauth2.AuthStyleInHeader && encoded && (e.Code == "invalid_client" || e.StatusCode == http.StatusUnauthorized):
		e.Err = errors.New("the id or the secret has characters that are form-encoded in the header, which not every server decodes")
	}
}

// headerReplaced reports whether the RoundTripper sent another Authorization header than that
// of the request.
func headerReplaced(req *http.Request, rsp *http.Response) bool {
	if rsp.Request == nil {
		return false
	}
	sent := authorization(rsp.Request)
	return sent != "" && sent != authorization(req)
}

// authorization returns the Authorization header of a request, or "".
func authorization(req *http.Request) string {
	if values := req.Header["Authorization"]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func isSuccess(rsp *http.Response) bool { return rsp.StatusCode >= 200 && rsp.StatusCode <= 299 }

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

// tokenRequest returns a request of the grant type client_credentials (RFC 6749, section
// 4.4.2).
func (c *config) tokenRequest(ctx context.Context) (*http.Request, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(c.scopes) > 0 {
		form.Set("scope", strings.Join(c.scopes, " "))
	}
	if c.authStyle == oauth2.AuthStyleInParams {
		form.Set("client_id", c.id)
		form.Set("client_secret", c.secret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.tokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.authStyle == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret)) // RFC 6749, section 2.3.1
	}
	return req, nil
}

// readToken returns the token in a response of the token endpoint, or a *TokenError.
func (c *config) readToken(rsp *http.Response) (*oauth2.Token, error) {
	if origin, ok := engine.Redirect(rsp); ok {
		return nil, &TokenError{StatusCode: rsp.StatusCode, Header: rsp.Header, Err: fmt.Errorf("%w: to %s", api.ErrRedirect, origin)}
	}
	success := isSuccess(rsp)
	if !success { // the code is worth only a short wait
		closer := time.AfterFunc(tokenErrorTimeout, func() { _ = rsp.Body.Close() })
		defer closer.Stop()
	}
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxTokenResponse+1))
	fields, malformed := parseTokenResponse(bytes.TrimPrefix(body, []byte("\ufeff"))) // a byte order mark
	if !success {
		return nil, newTokenError(rsp, body, fields, nil) // whatever the body is
	}
	var token *oauth2.Token
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
	case err != nil:
		err = unusable(body, fmt.Errorf("body cut off: %w", err))
	case len(body) > maxTokenResponse:
		err = fmt.Errorf("%w: more than %d bytes", api.ErrTooLarge, maxTokenResponse)
	case malformed != nil:
		err = unusable(body, malformed)
	default:
		if token, err = fields.token(c.clock.now().wall); err != nil {
			err = unusable(body, err)
		}
	}
	if err != nil {
		return nil, newTokenError(rsp, body, fields, err)
	}
	return token, nil
}

// unusable returns the error of a successful response without a usable token. It matches
// [ErrMalformedToken] if the body is JSON, the start of JSON, or empty: another body, such as
// a page in HTML, does not come from a token endpoint.
func unusable(body []byte, err error) error {
	start := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	if len(start) == 0 || bytes.IndexByte([]byte("{[\"n"), start[0]) >= 0 {
		err = &malformedError{err}
	}
	return fmt.Errorf("%w: %w", api.ErrUnexpected, err)
}

// malformedError is an error that matches [ErrMalformedToken]. Its text is that of the error.
type malformedError struct{ error }

func (e *malformedError) Is(target error) bool { return target == ErrMalformedToken }
func (e *malformedError) Unwrap() error        { return e.error }
