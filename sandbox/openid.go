package sandbox

import (
	"github.com/golang-jwt/jwt/v5"
)

// idClaims are the claims of an ID token.
type idClaims struct {
	jwt.RegisteredClaims
	AuthTime int64  `json:"auth_time"`
	Nonce    string `json:"nonce,omitempty"`
	Provider string `json:"idp"`
}

// idToken returns an ID token for the user of an authorization. It is valid for as long as
// a code.
func (s *identity) idToken(a authorization) (string, error) {
	now := s.clock.now()
	return s.tokens.sign("JWT", idClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    s.issuer,
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
