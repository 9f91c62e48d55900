package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/tapkey-go/tapkey-go/api"
)

// authorize checks that the token is valid, that it has the scopes of the operation, and
// that the user has a permission for the owner account. It returns the
// context for the operation.
//
// Documented: 401 for failed authentication and failed authorization.
// Inferred: that missing scopes and missing permissions are authorization failures, that
// an unknown owner account is 404, the bodies, and WWW-Authenticate.
func (s *Server) authorize(r *http.Request, op api.Operation) (context.Context, error) {
	token, err := s.identity.bearerToken(r)
	if err != nil {
		return nil, err
	}
	for _, scope := range op.Scopes {
		if !slices.Contains(token.scopes, scope) {
			return nil, unauthorized(`Bearer error="insufficient_scope"`, "InsufficientScope", "the token lacks the scope "+scope)
		}
	}
	var c call
	c.user, c.person = s.identity.principal(token)
	if id := r.PathValue("ownerAccountId"); id != "" {
		var ok bool
		if c.account, ok = s.store.account(id); !ok {
			return nil, notFound("unknown owner account %q", id)
		}
		if c.role = c.account.role(c.user); c.role == "" {
			return nil, unauthorized("Bearer", "Unauthorized", c.who()+" is not an administrator of the owner account")
		}
	}
	return context.WithValue(r.Context(), callKey{}, c), nil
}

// bearerToken returns the token of a request. Only the scheme Bearer is accepted.
func (s *identity) bearerToken(r *http.Request) (*token, error) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, unauthorized("Bearer", "Unauthorized", "the request has no Authorization header with the scheme Bearer")
	}
	token, err := s.tokens.verify(strings.TrimSpace(value))
	if err != nil {
		return nil, unauthorized(`Bearer error="invalid_token", error_description="`+err.Error()+`"`, "InvalidToken", err.Error())
	}
	return token, nil
}

// who returns what an error calls the user of a call.
func (c call) who() string {
	if c.person {
		return "the user"
	}
	return "the service account of the client"
}

func unauthorized(challenge, code, message string) *failure {
	f := fail(http.StatusUnauthorized, code, "%s", message)
	f.header = http.Header{"Www-Authenticate": {challenge}}
	return f
}
