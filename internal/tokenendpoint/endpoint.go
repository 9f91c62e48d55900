// Package tokenendpoint sends token requests (RFC 6749, section 3.2) for the packages client
// and auth.
package tokenendpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

const (
	// maxResponse is the maximum size of a response, in bytes.
	maxResponse = 64 << 10

	// errorTimeout limits how long the body of an error response is read.
	errorTimeout = 500 * time.Millisecond
)

// Endpoint is a token endpoint, and the client application that requests tokens there.
type Endpoint struct {
	URL        string
	ID, Secret string            // client application; a public one has no secret
	AuthStyle  oauth2.AuthStyle  // how the secret is sent; without a secret, the id is in the body
	Transport  http.RoundTripper // with time-outs; redirects are not followed whatever it does
	Now        func() time.Time  // wall clock
	Scope      string            // scope of a token whose response has none; may be empty
}

// secretParameters are the parameters of a request whose values are secrets.
var secretParameters = []string{
	"client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "subject_token", "actor_token", "assertion", "token",
}

// Token sends a request with the parameters in form and returns the token. The error is an
// *[Error]. It contains none of the secrets that were sent. A panic of the transport is
// returned as an error.
func (e *Endpoint) Token(ctx context.Context, form url.Values) (*oauth2.Token, error) {
	var token *oauth2.Token
	err := e.send(ctx, form, func(rsp *http.Response) (err error) {
		token, err = e.read(rsp, form.Get("grant_type"))
		return err
	})
	if err != nil {
		return nil, err
	}
	return token, nil
}

// Revoke sends a request to revoke a token (RFC 7009), if URL is that of a revocation
// endpoint. The error is like that of Token.
func (e *Endpoint) Revoke(ctx context.Context, form url.Values) error {
	return e.send(ctx, form, readRevocation)
}

// send sends a request and passes the response to read.
func (e *Endpoint) send(ctx context.Context, form url.Values, read func(*http.Response) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{Err: PanicError(v)}
		}
		if failed, ok := errors.AsType[*Error](err); ok {
			failed.GrantType, failed.AuthStyle = form.Get("grant_type"), e.authStyle()
			values := []string{e.Secret}
			for _, name := range secretParameters {
				values = append(values, form[name]...)
			}
			err = failed.withoutSecrets(redact.NewSecrets(values...))
		}
	}()
	req, err := e.request(ctx, form)
	if err != nil {
		return &Error{Err: err}
	}
	// An http.Client would add redirects and cookies, and put the URL into errors.
	rsp, err := e.Transport.RoundTrip(req)
	if err != nil {
		return &Error{Err: err}
	}
	defer rsp.Body.Close()
	replaced := HeaderReplaced(req, rsp)
	rsp.Request = req // the caller's RoundTripper may not set it
	err = read(rsp)
	if failed, ok := errors.AsType[*Error](err); ok {
		e.describeRequest(failed, replaced)
	}
	return err
}

// authStyle returns how the client application is authenticated.
func (e *Endpoint) authStyle() oauth2.AuthStyle {
	if e.Secret == "" {
		return oauth2.AuthStyleInParams
	}
	return e.AuthStyle
}

// describeRequest adds to an error what may be wrong with the header of the request.
func (e *Endpoint) describeRequest(failed *Error, replaced bool) {
	encoded := url.QueryEscape(e.ID) != e.ID || url.QueryEscape(e.Secret) != e.Secret
	refused := failed.Code == "invalid_client" || failed.StatusCode == http.StatusUnauthorized
	switch {
	case failed.Err != nil:
	case replaced:
		failed.Err = ErrHeaderReplaced
	case e.authStyle() == oauth2.AuthStyleInHeader && encoded && refused:
		failed.Err = errors.New("the id or the secret has characters that are form-encoded in the header, which not every server decodes")
	}
}

// HeaderReplaced reports whether the RoundTripper sent another Authorization header than that
// of the request.
func HeaderReplaced(req *http.Request, rsp *http.Response) bool {
	if rsp.Request == nil {
		return false
	}
	sent := Authorization(rsp.Request)
	return sent != "" && sent != Authorization(req)
}

// Authorization returns the Authorization header of a request, or "". It is faster than
// http.Header.Get, which makes the name canonical first.
func Authorization(req *http.Request) string {
	if values := req.Header["Authorization"]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// request returns a request that authenticates the client application.
func (e *Endpoint) request(ctx context.Context, form url.Values) (*http.Request, error) {
	sent := make(url.Values, len(form)+2)
	for name, values := range form {
		sent[name] = values
	}
	if e.authStyle() == oauth2.AuthStyleInParams {
		sent.Set("client_id", e.ID)
		if e.Secret != "" {
			sent.Set("client_secret", e.Secret)
		}
	}
	if attempt, _ := api.AttemptFromContext(ctx); !attempt.TokenRequest {
		ctx = engine.ContextWithAttempt(ctx, api.Attempt{Number: 1, TokenRequest: true})
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, strings.NewReader(sent.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if e.authStyle() == oauth2.AuthStyleInHeader {
		req.SetBasicAuth(url.QueryEscape(e.ID), url.QueryEscape(e.Secret)) // RFC 6749, section 2.3.1
	}
	return req, nil
}

func isSuccess(rsp *http.Response) bool { return rsp.StatusCode >= 200 && rsp.StatusCode <= 299 }

// read returns the token in a response, or an *Error.
func (e *Endpoint) read(rsp *http.Response, grantType string) (*oauth2.Token, error) {
	if origin, ok := engine.Redirect(rsp); ok {
		return nil, &Error{StatusCode: rsp.StatusCode, Header: rsp.Header, Err: fmt.Errorf("%w: to %s", api.ErrRedirect, origin)}
	}
	success := isSuccess(rsp)
	if !success { // the code is worth only a short wait
		closer := time.AfterFunc(errorTimeout, func() { _ = rsp.Body.Close() })
		defer closer.Stop()
	}
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxResponse+1))
	fields, malformed := parseResponse(bytes.TrimPrefix(body, []byte("\ufeff"))) // a byte order mark
	if !success {
		return nil, newError(rsp, body, fields, nil) // whatever the body is
	}
	var token *oauth2.Token
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
	case err != nil:
		err = unusable(body, fmt.Errorf("body cut off: %w", err))
	case len(body) > maxResponse:
		err = fmt.Errorf("%w: more than %d bytes", api.ErrTooLarge, maxResponse)
	case malformed != nil:
		err = unusable(body, malformed)
	default:
		fields.complete(e.Scope, grantType)
		if token, err = fields.token(e.Now()); err != nil {
			err = unusable(body, err)
		}
	}
	if err != nil {
		return nil, newError(rsp, body, fields, err)
	}
	return token, nil
}

// readRevocation returns nil if the response says that a token is revoked, or an *Error. The
// body of a success is ignored, but a page of another server is not a success.
func readRevocation(rsp *http.Response) error {
	if origin, ok := engine.Redirect(rsp); ok {
		return &Error{StatusCode: rsp.StatusCode, Header: rsp.Header, Err: fmt.Errorf("%w: to %s", api.ErrRedirect, origin)}
	}
	if rsp.StatusCode == http.StatusOK {
		if mediaType, _, _ := mime.ParseMediaType(rsp.Header.Get("Content-Type")); mediaType == "text/html" {
			return newError(rsp, nil, response{}, errors.New("the response is a page in HTML"))
		}
		return nil
	}
	closer := time.AfterFunc(errorTimeout, func() { _ = rsp.Body.Close() })
	defer closer.Stop()
	body, _ := io.ReadAll(io.LimitReader(rsp.Body, maxResponse+1))
	fields, _ := parseResponse(bytes.TrimPrefix(body, []byte("\ufeff")))
	return newError(rsp, body, fields, nil)
}
