package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

// TokenError says why no access token could be had. It holds neither the request
// nor the answer, and so no credentials.
type TokenError struct {
	StatusCode  int    // HTTP status of the token endpoint; 0 without an answer
	Code        string // error code of RFC 6749, section 5.2, such as "invalid_client"
	Description string // the endpoint's own words, cleaned to one line; may be empty
	Err         error  // what went wrong besides; may be nil

	retryAfter time.Duration // what the endpoint asks for
}

// Error is one line.
func (e *TokenError) Error() string {
	var b strings.Builder
	b.WriteString("token request")
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	for _, part := range []string{e.Code, e.Description} {
		if part != "" {
			b.WriteString(": " + part)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if hint := e.Hint(); hint != "" {
		b.WriteString(" (" + hint + ")")
	}
	return b.String()
}

// Hint says what to do about the error; it is empty where that depends.
func (e *TokenError) Hint() string {
	switch e.Code {
	case "invalid_client":
		return "check the client id and the client secret"
	case "invalid_scope":
		return "enable the scopes for the client in Tapkey's portal, or ask for fewer"
	case "unauthorized_client", "unsupported_grant_type":
		return "the client in Tapkey's portal has to allow client credentials"
	}
	return ""
}

// transient reports whether the failure has a reason that may not last. A refusal has not.
func (e *TokenError) transient() bool {
	if e.StatusCode == 0 {
		return transient(nil, e.Err)
	}
	return transientStatus(e.StatusCode)
}

// Unwrap returns what went wrong besides the status.
func (e *TokenError) Unwrap() error { return e.Err }

// newTokenError takes from an error of x/oauth2 what may be shown: its own text can
// hold the whole body, and its response the request with the secret.
func newTokenError(err error, secret string) error {
	if tokenErr, ok := errors.AsType[*TokenError](err); ok {
		if tokenErr.Err != nil && strings.Contains(tokenErr.Err.Error(), secret) {
			tokenErr.Err = api.ErrRedirect // only a redirect's target can repeat the secret
		}
		return tokenErr
	}
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		e := &TokenError{
			Code:        engine.OneLine(strings.ReplaceAll(refused.ErrorCode, secret, "***"), 100),
			Description: engine.OneLine(strings.ReplaceAll(refused.ErrorDescription, secret, "***"), 200),
		}
		if refused.Response != nil {
			e.StatusCode = refused.Response.StatusCode
			e.retryAfter, _ = engine.RetryAfter(refused.Response.Header)
		}
		return e
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return &TokenError{Err: u.Err}
	}
	return &TokenError{Err: errors.New("no usable answer of the token endpoint")}
}
