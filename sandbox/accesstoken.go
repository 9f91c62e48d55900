package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// audience is the audience of access tokens. Documented for token exchange; inferred for
// the other grant types.
const audience = "tapkey_api"

// keyID is the id of the signing key.
const keyID = "sandbox"

// tokens issues access tokens like IdentityServer and verifies them.
type tokens struct {
	lifetime time.Duration
	clients  map[string]*Client
	clock    *clock
	key      func() (*rsa.PrivateKey, error)

	serial  atomic.Int64 // of the latest token; a token's id is its serial number
	grants  atomic.Int64 // id of the latest authorization
	mu      sync.Mutex
	revoked map[string]bool // ids of revoked tokens
	ended   map[int64]bool  // ids of revoked authorizations
	cutoff  int64           // tokens up to this serial number are revoked
}

func newTokens(lifetime time.Duration, clients map[string]*Client, clock *clock) *tokens {
	return &tokens{
		lifetime: lifetime,
		clients:  clients,
		clock:    clock,
		// Generated when first used, because it takes longer than the rest of Start.
		key:     sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
		revoked: make(map[string]bool),
		ended:   make(map[int64]bool),
	}
}

// claims are the claims of an access token. IdentityServer encodes the scopes as an array.
type claims struct {
	jwt.RegisteredClaims
	ClientID string   `json:"client_id"`
	Scope    []string `json:"scope"`
	Provider string   `json:"idp,omitempty"`   // identity provider of the user
	Grant    int64    `json:"grant,omitempty"` // id of the authorization
}

// token is a verified access token.
type token struct {
	id     string
	client *Client
	scopes []string
	user   subject
}

// issue returns a new access token of an issuer, for the scopes of an authorization. The
// time is that of the clock.
func (t *tokens) issue(issuer string, a authorization) (string, error) {
	now := t.clock.now()
	return t.sign("at+jwt", claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    issuer,
			Subject:   a.user.id,
			Audience:  jwt.ClaimStrings{audience},
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(t.lifetime)),
			ID:        strconv.FormatInt(t.serial.Add(1), 10),
		},
		ClientID: a.client,
		Scope:    a.scopes,
		Provider: a.user.provider,
		Grant:    a.id,
	})
}

// sign returns a signed JWT of a type.
func (t *tokens) sign(typ string, content jwt.Claims) (string, error) {
	key, err := t.key()
	if err != nil {
		return "", err
	}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodRS256, content)
	unsigned.Header["kid"] = keyID
	unsigned.Header["typ"] = typ
	return unsigned.SignedString(key)
}

// publicKey returns the key that verifies the tokens.
func (t *tokens) publicKey(*jwt.Token) (any, error) {
	key, err := t.key()
	if err != nil {
		return nil, err
	}
	return &key.PublicKey, nil
}

// verify verifies an access token. It does not compare the issuer, which depends on the host
// that the client has requested: only this server has the key. The text of the error can be
// used in a quoted string of a header.
func (t *tokens) verify(value string) (*token, error) {
	var c claims
	_, err := jwt.ParseWithClaims(value, &c, t.publicKey,
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(t.clock.now),
	)
	client := t.clients[c.ClientID]
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, errors.New("the token expired at " + c.ExpiresAt.UTC().Format(time.RFC3339))
	case err != nil, client == nil:
		return nil, errors.New("the token was not issued by this server")
	case t.isRevoked(c):
		return nil, errors.New("the token is revoked")
	}
	return &token{c.ID, client, c.Scope, subject{c.Subject, c.Provider}}, nil
}

func (t *tokens) isRevoked(c claims) bool {
	serial, err := strconv.ParseInt(c.ID, 10, 64)
	t.mu.Lock()
	defer t.mu.Unlock()
	return err != nil || serial <= t.cutoff || t.revoked[c.ID] || t.ended[c.Grant]
}

// revokeAll revokes all access tokens issued so far.
func (t *tokens) revokeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cutoff = t.serial.Load()
	clear(t.revoked)
}

// revoke revokes an access token.
func (t *tokens) revoke(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.revoked[id] = true
}

// end revokes an authorization and with it all tokens that were issued for it.
func (t *tokens) end(authorization int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended[authorization] = true
}

// hasEnded reports whether an authorization is revoked.
func (t *tokens) hasEnded(authorization int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended[authorization]
}

// RevokeTokens revokes all access tokens issued so far: the API responds to them with
// 401, and a client has to request a new one. Refresh tokens remain valid.
func (s *Server) RevokeTokens() { s.identity.tokens.revokeAll() }

// RevokeToken revokes one access token, or a refresh token and all access tokens that were
// issued with it. It reports whether the token was valid.
func (s *Server) RevokeToken(token string) bool {
	if found, err := s.identity.tokens.verify(token); err == nil {
		s.identity.tokens.revoke(found.id)
		return true
	}
	found, ok := s.identity.refreshTokens.get(token)
	if !ok || s.identity.tokens.hasEnded(found.id) {
		return false
	}
	s.identity.tokens.end(found.id)
	return true
}
