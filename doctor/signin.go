package doctor

import (
	"errors"

	"github.com/tapkey-go/tapkey-go/internal/tokenendpoint"
)

// signInFailure returns the finding for an error of package auth that is not about a response
// of the token endpoint.
func signInFailure(err error) (ID, bool) {
	switch {
	case errors.Is(err, tokenendpoint.ErrDeclined):
		return SignInDeclined, true
	case errors.Is(err, tokenendpoint.ErrMismatch):
		return SignInMismatch, true
	case errors.Is(err, tokenendpoint.ErrListen):
		return PortInUse, true
	case errors.Is(err, tokenendpoint.ErrNoBrowser):
		return NoBrowser, true
	case errors.Is(err, tokenendpoint.ErrNoRefreshToken):
		return NoRefreshToken, true
	}
	refused, ok := errors.AsType[*tokenendpoint.Refusal](err)
	if !ok {
		return "", false
	}
	switch refused.Code {
	case "invalid_scope":
		return InvalidScope, true
	case "unauthorized_client", "unsupported_response_type":
		return UnauthorizedClient, true
	case "server_error", "temporarily_unavailable":
		return ServerError, true
	case "login_required", "interaction_required", "account_selection_required":
		return SignInDeclined, true
	}
	return RequestRefused, true
}
