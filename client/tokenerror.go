package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// TokenError is returned if a token request failed.
//
// Header and Body are what the server, or a proxy in its place, sent. They may be untrusted.
// They are not in the text of a TokenError, and not in its JSON, XML and gob encoding. If the
// response repeats the client secret, in whatever encoding, *** replaces it.
type TokenError struct {
	StatusCode  int    // HTTP status of the response; 0 if no response was received
	Code        string // error code of RFC 6749, section 5.2, such as "invalid_client"; empty if there is none that looks like a code
	Description string // error_description of the response on one line, without URLs; may be untrusted, may be empty
	Err         error  `json:"-" xml:"-"` // cause other than the status and the code; may be nil

	RetryAfter time.Duration `json:",omitzero"` // how long the server asks to wait; 0 if it does not

	GrantType string           `json:",omitzero"` // grant type of the request, such as "client_credentials"; may be empty
	AuthStyle oauth2.AuthStyle `json:",omitzero"` // how the request authenticated the client; 0 if that is not known
	Header    http.Header      `json:"-" xml:"-"` // header of the response, nil without one
	Body      []byte           `json:"-" xml:"-"` // first 16 KiB of the body; nil if the status is 2xx, because it may contain a token
}

// Error returns the status, code, description, cause and hint on one line.
func (e *TokenError) Error() string {
	var b strings.Builder
	b.WriteString("token request")
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, ": %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	}
	for _, part := range []string{redact.Code(e.Code), redact.Text(e.Description, tokenendpoint.MaxDescription), redact.ErrorText(e.Err)} {
		if part != "" {
			b.WriteString(": " + part)
		}
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
		return "enable the grant type " + e.grantName() + " for the client in Tapkey's portal"
	case "invalid_grant":
		switch e.GrantType {
		case "authorization_code":
			return "each code can be exchanged once, within minutes, and with the redirect URI and the verifier of its sign-in"
		case "refresh_token":
			return "the refresh token is revoked, replaced or of another client"
		case grantExchange:
			return "check the claims, the key and the lifetime of the JWT, the provider and the clock"
		}
	}
	return ""
}

const grantExchange = "http://tapkey.net/oauth/token_exchange"

// grantName returns the name of the grant type in Tapkey's portal.
func (e *TokenError) grantName() string {
	switch e.GrantType {
	case "authorization_code", "refresh_token":
		return "authorization code"
	case grantExchange:
		return "token exchange"
	}
	return "client credentials"
}

// transient reports whether a retry may succeed. After an error such as invalid_client it
// cannot.
func (e *TokenError) transient() bool {
	if _, ok := errors.AsType[*credentialsError](e.Err); ok {
		return false
	}
	if e.StatusCode == 0 {
		return transient(nil, e.Err)
	}
	return transientStatus(e.StatusCode)
}

// GobEncode implements gob.GobEncoder. It encodes what the JSON encoding has.
func (e TokenError) GobEncode() ([]byte, error) { return json.Marshal(e) }

// GobDecode implements gob.GobDecoder.
func (e *TokenError) GobDecode(data []byte) error { return json.Unmarshal(data, e) }

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }

// Is reports whether target is [api.ErrTooManyRequests] or [api.ErrServer] and the status is
// 429 or 5xx. Other statuses match no sentinel: those are about the request of a call.
func (e *TokenError) Is(target error) bool {
	return (target == api.ErrTooManyRequests || target == api.ErrServer) && (&api.Error{StatusCode: e.StatusCode}).Is(target)
}

// tokenError returns the error of a token request as a *TokenError. Other errors and nil are
// returned as they are.
func tokenError(err error) error {
	if failed, ok := errors.AsType[*tokenendpoint.Error](err); ok {
		return (*TokenError)(failed)
	}
	return err
}
