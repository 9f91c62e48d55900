package tokenendpoint

import "errors"

// Errors of package auth, which documents them. They are here so that package doctor, which
// does not import auth, can explain them.
var (
	ErrSignInAgain = errors.New("the person must sign in again")
	ErrDeclined    = errors.New("sign-in declined")
	ErrMismatch    = errors.New("not the response to this sign-in")
	ErrListen      = errors.New("no listener for the redirect URI")
	ErrNoBrowser   = errors.New("no browser")

	// ErrNoRefreshToken is an ErrSignInAgain.
	ErrNoRefreshToken = errors.New("no refresh token")
)

// Refusal is the error code of a refused authorization request (RFC 6749, section 4.1.2.1).
type Refusal struct{ Code string }

func (e *Refusal) Error() string { return e.Code }
