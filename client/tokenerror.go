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

// TokenError is returned if a token request failed. It contains neither the request nor the
// response, and therefore no credentials.
type TokenError struct {
	StatusCode  int    // HTTP status of the response; 0 if no response was received
	Code        string // error code of RFC 6749, section 5.2, such as "invalid_client"
	Description string // error_description of the response, reduced to one line; may be empty
	Err         error  // cause other than the status and the code; may be nil

	retryAfter time.Duration // value of Retry-After; 0 if there is none
}

// Error returns the status, code, description, cause and hint on one line.
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

// Hint returns a remedy for common error codes, and "" for all other errors.
func (e *TokenError) Hint() string {
	switch e.Code {
	case "invalid_client":
		return "check the client id and the client secret"
	case "invalid_scope":
		return "enable the scopes for the client in Tapkey's portal, or request fewer"
	case "unauthorized_client", "unsupported_grant_type":
		return "enable the grant type client credentials for the client in Tapkey's portal"
	}
	return ""
}

// transient reports whether a retry may succeed. After an error such as invalid_client it
// cannot.
func (e *TokenError) transient() bool {
	if e.StatusCode == 0 {
		return transient(nil, e.Err)
	}
	return transientStatus(e.StatusCode)
}

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }

// newTokenError converts an error of x/oauth2 into one that is safe to print. The text of
// the original may contain the whole body, and its response refers to the request, which
// contains the secret.
func newTokenError(err error, secret string) error {
	if tokenErr, ok := errors.AsType[*TokenError](err); ok {
		if tokenErr.Err != nil && strings.Contains(tokenErr.Err.Error(), secret) {
			tokenErr.Err = api.ErrRedirect // only the target of a redirect may contain the secret
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
	return &TokenError{Err: errors.New("unusable response of the token endpoint")}
}
