package sandbox

import (
	"encoding/base64"
	"math/big"
	"net/http"

	"github.com/golang-jwt/jwt/v5"
)

// serveDiscovery serves the OpenID Connect discovery document. Inferred: all of its
// contents, which Tapkey does not publish.
func (s *identity) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	issuer := s.origin(r)
	methods := []string{"client_secret_basic", "client_secret_post", "none"}
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                 issuer,
		"jwks_uri":               issuer + keysPath,
		"authorization_endpoint": issuer + authorizePath,
		"token_endpoint":         issuer + tokenPath,
		"revocation_endpoint":    issuer + revocationPath,
		"userinfo_endpoint":      issuer + userinfoPath,
		"end_session_endpoint":   issuer + endSessionPath,

		"scopes_supported":                               allUserScopes(),
		"grant_types_supported":                          []string{grantClientCredentials, grantCode, grantRefreshToken, grantExchange},
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{modeQuery, modeFormPost},
		"prompt_values_supported":                        []string{promptNone, promptLogin, promptConsent, promptAccount},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          methods,
		"revocation_endpoint_auth_methods_supported":     methods,
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{jwt.SigningMethodRS256.Alg()},
		"claims_supported":                               []string{"sub", "name", "email"},
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"authorization_response_iss_parameter_supported": true,
	})
}

// serveKeys serves the JSON Web Key Set with the key that signs the tokens.
func (s *identity) serveKeys(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	key, err := s.tokens.key()
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
