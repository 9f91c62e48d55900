package client

import (
	"errors"

	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// Errors for errors.Is. Failed calls return an *[api.Error], and failed token requests a
// *[TokenError].
var (
	// ErrConfig means that the options of [New] or [Client.With] are invalid.
	ErrConfig = errors.New("invalid configuration")

	// ErrPlainHTTP means that credentials or a token would be sent unencrypted.
	ErrPlainHTTP = tokenendpoint.ErrPlainHTTP

	// ErrMalformedToken means that a token cannot be sent as a bearer token.
	ErrMalformedToken = tokenendpoint.ErrMalformedToken

	// ErrScopeNotRequested means that an operation needs a scope that the client does not
	// request. The call was not sent, unless [WithScopes] or TAPKEY_SCOPES set the scopes; it
	// is then in the error of the 401.
	ErrScopeNotRequested = errors.New("scope not requested")

	// ErrHeaderReplaced means that the server refused a request in which the transport of the
	// http.Client had replaced the Authorization header. An http.Client of x/oauth2 does so.
	ErrHeaderReplaced = tokenendpoint.ErrHeaderReplaced

	// ErrPath means that the path given to [Client.Do] does not lead to a resource below the
	// base URL.
	ErrPath = errors.New("invalid path")
)

// errOrigin means that a request editor or a middleware changed the origin of a request.
var errOrigin = errors.New("request not sent: a request editor changed its origin")
