package auth

import (
	"errors"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/redact"
	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// Errors for errors.Is. A failed token request is a *[client.TokenError], an invalid
// configuration is a [client.ErrConfig]. Package doctor explains all of them.
var (
	// ErrSignInAgain means that a refresh token was refused or is missing. Only a new
	// sign-in helps.
	ErrSignInAgain = tokenendpoint.ErrSignInAgain

	// ErrDeclined means that the person declined to sign in, or to let the client
	// application have access. The error is an *[AuthorizeError].
	ErrDeclined = tokenendpoint.ErrDeclined

	// ErrMismatch means that what the browser returned is not the response to this sign-in:
	// its state or its issuer is wrong, a parameter is missing or doubled, or the sign-in was
	// started too long ago. Start a new sign-in.
	ErrMismatch = tokenendpoint.ErrMismatch

	// ErrListen means that [App.Login] cannot listen on the port of the redirect URI.
	ErrListen = tokenendpoint.ErrListen

	// ErrNoBrowser means that [App.Login] can neither open a browser nor show the URL.
	ErrNoBrowser = tokenendpoint.ErrNoBrowser
)

// AuthorizeError is returned if the authorization server refused a sign-in (RFC 6749, section
// 4.1.2.1).
type AuthorizeError struct {
	Code        string // such as "access_denied"
	Description string // error_description on one line, without URLs; may be untrusted, may be empty
}

// maxDescription is the maximum length of a description, in bytes.
const maxDescription = tokenendpoint.MaxDescription

// Error returns the code and the description on one line.
func (e *AuthorizeError) Error() string {
	text := "sign-in refused: " + redact.Code(e.Code)
	if description := redact.Text(e.Description, maxDescription); description != "" {
		text += ": " + description
	}
	return text
}

// Is reports whether target is [ErrDeclined] and the person declined.
func (e *AuthorizeError) Is(target error) bool {
	return target == ErrDeclined && (e.Code == "access_denied" || e.Code == "consent_required")
}

// Unwrap returns what package doctor explains.
func (e *AuthorizeError) Unwrap() error { return &tokenendpoint.Refusal{Code: e.Code} }

// tokenError returns the error of a token request as a *client.TokenError.
func tokenError(err error) error {
	if failed, ok := errors.AsType[*tokenendpoint.Error](err); ok {
		return (*client.TokenError)(failed)
	}
	return err
}
