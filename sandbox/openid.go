package sandbox

import (
	"net/http"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// idClaims are the claims of an ID token.
type idClaims struct {
	jwt.RegisteredClaims
	AuthTime int64  `json:"auth_time"`
	Nonce    string `json:"nonce,omitempty"`
	Provider string `json:"idp"`
}

// idToken returns an ID token of an issuer, for the user of an authorization. It is valid for
// as long as a code.
func (s *identity) idToken(issuer string, a authorization) (string, error) {
	now := s.clock.now()
	return s.tokens.sign("JWT", idClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    issuer,
			Subject:   a.user.id,
			Audience:  jwt.ClaimStrings{a.client},
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(codeLifetime)),
		},
		AuthTime: a.signedIn,
		Nonce:    a.nonce,
		Provider: a.user.provider,
	})
}

// serveUserinfo serves the userinfo endpoint of OpenID Connect.
func (s *identity) serveUserinfo(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		methodNotAllowed(r.Method, http.MethodGet, http.MethodPost).write(w)
		return
	}
	noStore(w)
	token, err := s.bearerToken(r)
	if err != nil {
		responseError(w, r, err)
		return
	}
	if !slices.Contains(token.scopes, scopeOpenID) {
		f := fail(http.StatusForbidden, "Forbidden", "the token lacks the scope openid")
		f.header = http.Header{"Www-Authenticate": {`Bearer error="insufficient_scope"`}}
		f.write(w)
		return
	}
	user, _ := s.principal(token)
	about := map[string]string{"sub": token.user.id}
	if slices.Contains(token.scopes, scopeProfile) {
		about["name"] = user.name
	}
	if slices.Contains(token.scopes, scopeEmail) {
		about["email"] = user.name
	}
	writeJSON(w, http.StatusOK, about)
}
