package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Paths of the authorization server. Inferred, except the token path: they are the paths
// of IdentityServer.
const (
	tokenPath     = "/connect/token"
	discoveryPath = "/.well-known/openid-configuration"
	keysPath      = "/.well-known/openid-configuration/jwks"
)

// audience is the audience of access tokens. Documented for token exchange; inferred for
// client credentials.
const audience = "tapkey_api"

// keyID is the id of the signing key.
const keyID = "sandbox"

// tokens is the authorization server. It issues access tokens like IdentityServer and
// verifies them.
type tokens struct {
	issuer   string
	lifetime time.Duration
	clients  map[string]*Client
	secrets  secrets
	clock    *clock
	key      func() (*rsa.PrivateKey, error)

	serial  atomic.Int64 // of the latest token; a token's id is its serial number
	mu      sync.Mutex
	revoked map[string]bool // ids of revoked tokens
	cutoff  int64           // tokens up to this serial number are revoked
}

func newTokens(issuer string, lifetime time.Duration, clients map[string]*Client, secrets secrets, clock *clock) *tokens {
	return &tokens{
		issuer:   issuer,
		lifetime: lifetime,
		clients:  clients,
		secrets:  secrets,
		clock:    clock,
		// Generated when first used, because it takes longer than the rest of Start.
		key:     sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
		revoked: make(map[string]bool),
	}
}

// claims are the claims of an access token. IdentityServer encodes the scopes as an array.
type claims struct {
	jwt.RegisteredClaims
	ClientID string   `json:"client_id"`
	Scope    []string `json:"scope"`
}

// token is a verified access token.
type token struct {
	id     string
	client *Client
	scopes []string
}

// tokenError is an error code of RFC 6749, section 5.2. IdentityServer sends all of them
// with status 400.
type tokenError string

func (e tokenError) Error() string { return string(e) }

// serve handles requests to the token endpoint.
func (t *tokens) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store, no-cache, max-age=0")
	w.Header().Set("Pragma", "no-cache")
	body, err := t.respond(w, r)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// respond returns the body of the response to a token request. It checks the request in
// the order of IdentityServer: form, client, grant type, scopes.
func (t *tokens) respond(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	if r.Method != http.MethodPost {
		return nil, tokenError("invalid_request")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil || len(r.PostForm) == 0 {
		return nil, tokenError("invalid_request")
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, tokenError("invalid_request")
		}
	}
	client, ok := t.authenticate(r)
	if !ok {
		return nil, tokenError("invalid_client")
	}
	switch r.PostForm.Get("grant_type") {
	case "client_credentials":
		if client.NoClientCredentials {
			return nil, tokenError("unauthorized_client")
		}
	case "authorization_code", "refresh_token", "http://tapkey.net/oauth/token_exchange":
		// Tapkey has these grant types, but the clients of the sandbox may not use them.
		return nil, tokenError("unauthorized_client")
	default:
		return nil, tokenError("unsupported_grant_type")
	}
	scopes := slices.Compact(slices.Sorted(slices.Values(strings.Fields(r.PostForm.Get("scope")))))
	if len(scopes) == 0 {
		scopes = client.allowed() // like IdentityServer; Tapkey documents scope as required
	}
	for _, scope := range scopes {
		if !slices.Contains(client.allowed(), scope) {
			return nil, tokenError("invalid_scope")
		}
	}
	accessToken, err := t.issue(client, scopes)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"access_token": accessToken,
		"expires_in":   int64(t.lifetime / time.Second),
		"token_type":   "Bearer",
		"scope":        strings.Join(scopes, " "),
	}, nil
}

// authenticate returns the client of a token request, which uses Basic authentication or
// form fields. Client id and secret are form-decoded in Basic authentication, see RFC
// 6749, section 2.3.1.
func (t *tokens) authenticate(r *http.Request) (*Client, bool) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		var err1, err2 error
		id, err1 = url.QueryUnescape(user)
		secret, err2 = url.QueryUnescape(password)
		if err1 != nil || err2 != nil {
			return nil, false
		}
	}
	client := t.clients[id]
	if client == nil || t.secrets(id) != secret {
		return nil, false
	}
	return client, true
}

// issue returns a new access token.
func (t *tokens) issue(client *Client, scopes []string) (string, error) {
	key, err := t.key()
	if err != nil {
		return "", err
	}
	now := t.clock.now()
	unsigned := jwt.NewWithClaims(jwt.SigningMethodRS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    t.issuer,
			Audience:  jwt.ClaimStrings{audience},
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(t.lifetime)),
			ID:        strconv.FormatInt(t.serial.Add(1), 10),
		},
		ClientID: client.ID,
		Scope:    scopes,
	})
	unsigned.Header["kid"] = keyID
	unsigned.Header["typ"] = "at+jwt"
	return unsigned.SignedString(key)
}

// verify verifies an access token. The text of its error can be used in a quoted string of
// a header.
func (t *tokens) verify(value string) (*token, error) {
	var c claims
	_, err := jwt.ParseWithClaims(value, &c,
		func(*jwt.Token) (any, error) {
			key, err := t.key()
			if err != nil {
				return nil, err
			}
			return &key.PublicKey, nil
		},
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}),
		jwt.WithIssuer(t.issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(t.clock.now),
	)
	client := t.clients[c.ClientID]
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, errors.New("the token expired at " + c.ExpiresAt.UTC().Format(time.RFC3339))
	case err != nil, client == nil:
		return nil, errors.New("the token was not issued by this server")
	case t.isRevoked(c.ID):
		return nil, errors.New("the token is revoked")
	}
	return &token{c.ID, client, c.Scope}, nil
}

func (t *tokens) isRevoked(id string) bool {
	serial, err := strconv.ParseInt(id, 10, 64)
	t.mu.Lock()
	defer t.mu.Unlock()
	return err != nil || serial <= t.cutoff || t.revoked[id]
}

// revokeAll revokes all tokens issued so far.
func (t *tokens) revokeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cutoff = t.serial.Load()
	clear(t.revoked)
}

// revoke revokes a token. It reports whether the token was valid.
func (t *tokens) revoke(accessToken string) bool {
	token, err := t.verify(accessToken)
	if err != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.revoked[token.id] = true
	return true
}

// RevokeTokens revokes all access tokens issued so far: the API responds to them with
// 401, and a client has to request a new one.
func (s *Server) RevokeTokens() { s.tokens.revokeAll() }

// RevokeToken revokes one access token. It reports whether the token was valid.
func (s *Server) RevokeToken(accessToken string) bool { return s.tokens.revoke(accessToken) }

// serveDiscovery serves the OpenID Connect discovery document.
func (t *tokens) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                t.issuer,
		"jwks_uri":                              t.issuer + keysPath,
		"token_endpoint":                        t.issuer + tokenPath,
		"scopes_supported":                      allScopes(),
		"grant_types_supported":                 []string{"client_credentials"},
		"response_types_supported":              []string{},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{jwt.SigningMethodRS256.Alg()},
	})
}

// serveKeys serves the JSON Web Key Set with the key that signs the tokens.
func (t *tokens) serveKeys(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	key, err := t.key()
	if err != nil {
		responseError(w, r, err)
		return
	}
	encode := base64.RawURLEncoding.EncodeToString
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA",
		"use": "sig",
		"alg": jwt.SigningMethodRS256.Alg(),
		"kid": keyID,
		"n":   encode(key.N.Bytes()),
		"e":   encode(big.NewInt(int64(key.E)).Bytes()),
	}}})
}

// onlyGet reports whether a request is a GET. If it is not, onlyGet responds with 405.
func onlyGet(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet {
		return true
	}
	methodNotAllowed(r.Method, http.MethodGet).write(w)
	return false
}
