package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"time"
)

// codeLifetime is the lifetime of an authorization code: the default of IdentityServer.
const codeLifetime = 5 * time.Minute

// code is an authorization code.
type code struct {
	authorization
	redirectURI string
	challenge   string // of PKCE, or empty
	expires     time.Time
	used        bool
}

// codeGrant exchanges an authorization code for tokens. A code can be used once, whatever
// the result. A second use revokes the tokens that were issued for it.
func (s *identity) codeGrant(issuer string, client *Client, form url.Values) (tokenBody, error) {
	if len(client.RedirectURIs) == 0 {
		return tokenBody{}, refuse("unauthorized_client")
	}
	if !form.Has("code") || !form.Has("redirect_uri") {
		return tokenBody{}, tokenError{"invalid_request", "code or redirect_uri is missing"}
	}
	var found code
	foreign := false
	ok := s.codes.use(form.Get("code"), func(c *code) {
		found = *c
		if foreign = c.client != client.ID; !foreign {
			c.used = true
		}
	})
	switch {
	case !ok:
		return tokenBody{}, invalidGrant("the code is unknown")
	case foreign:
		return tokenBody{}, invalidGrant("the code was issued to another client")
	case found.used:
		s.tokens.end(found.id)
		return tokenBody{}, invalidGrant("the code has already been used; its tokens are revoked")
	case s.clock.now().After(found.expires):
		return tokenBody{}, invalidGrant("the code has expired")
	case form.Get("redirect_uri") != found.redirectURI:
		return tokenBody{}, invalidGrant("redirect_uri differs from that of the authorization request")
	}
	if err := checkVerifier(found.challenge, form); err != nil {
		return tokenBody{}, err
	}
	body, err := s.issue(issuer, found.authorization)
	if err == nil && slices.Contains(found.scopes, scopeOffline) {
		body.RefreshToken = s.refreshTokens.add(refreshToken{authorization: found.authorization})
	}
	return body, err
}

// checkVerifier compares the verifier of PKCE with the challenge of the authorization
// request. A verifier without a challenge is refused, because the challenge may have been
// removed from the authorization request.
func checkVerifier(challenge string, form url.Values) error {
	verifier := form.Get("code_verifier")
	switch {
	case challenge == "" && verifier != "":
		return invalidGrant("code_verifier is sent, but the authorization request had no code_challenge")
	case challenge == "":
		return nil
	case verifier == "":
		return invalidGrant("code_verifier is missing")
	case len(verifier) < 43 || len(verifier) > 128:
		return invalidGrant("code_verifier must have 43 to 128 characters")
	case !equalSecrets(challengeOf(verifier), challenge):
		return invalidGrant("code_verifier does not match code_challenge")
	}
	return nil
}

// challengeOf returns the challenge of a verifier by the method S256.
func challengeOf(verifier string) string {
	hash := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}
