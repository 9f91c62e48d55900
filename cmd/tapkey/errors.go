package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/internal/redact"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1   // a call or a check failed
	exitMisuse      = 2   // unknown command, wrong flag, missing credentials
	exitChanges     = 3   // a plan has changes
	exitAuth        = 4   // the credentials or the token were rejected
	exitInterrupted = 130 // by SIGINT or SIGTERM
)

// exitStatus returns the exit status for the error of a command. An error that is not a
// failure is misuse.
func exitStatus(ctx context.Context, err error) int {
	_, isFailure := errors.AsType[*failure](err)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errChanges):
		return exitChanges
	case ctx.Err() != nil:
		return exitInterrupted
	case rejected(err) || errors.Is(err, errNotSignedIn) || errors.Is(err, auth.ErrSignInAgain):
		return exitAuth
	case isFailure:
		return exitFailed
	}
	return exitMisuse
}

// rejected reports whether the API rejected the token, or the token endpoint the
// credentials.
func rejected(err error) bool {
	if errors.Is(err, api.ErrUnauthorized) {
		return true
	}
	token, ok := errors.AsType[*client.TokenError](err)
	if !ok {
		return false
	}
	switch token.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return true
	}
	return false
}

// A failure is an error that is not caused by the arguments or the configuration.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// asFailure returns err as a failure, unless it is nil or reports an invalid argument.
func asFailure(err error) error {
	_, invalid := errors.AsType[*api.PathValueError](err)
	if err == nil || invalid || errors.Is(err, client.ErrPath) {
		return err
	}
	return &failure{err}
}

// serverMessage returns the server's message in err, if any, in the form ": message". It
// may echo the request, but not its credentials.
func serverMessage(err error) string {
	if apiErr, ok := errors.AsType[*api.Error](err); ok && apiErr.Message != "" {
		return ": " + redact.Text(apiErr.Message, redact.MaxText)
	}
	return ""
}

// signInHint returns what to do if only a new sign-in helps, or "".
func signInHint(err error) string {
	if errors.Is(err, auth.ErrSignInAgain) {
		return ": use tapkey login"
	}
	return ""
}
