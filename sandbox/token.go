package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Grant types.
const (
	grantClientCredentials = "client_credentials"
	grantCode              = "authorization_code"
	grantRefreshToken      = "refresh_token"
	grantExchange          = "http://tapkey.net/oauth/token_exchange"
)

// tokenError is an error response of RFC 6749, section 5.2. IdentityServer sends all of
// them with status 400.
type tokenError struct {
	code        string
	description string // may be empty; contains nothing of the request
}

func (e tokenError) Error() string { return e.code + ": " + e.description }

func refuse(code string) error { return tokenError{code: code} }

// invalidGrant returns the error for a code, a refresh token or a subject token that is
// refused.
func invalidGrant(description string) error { return tokenError{"invalid_grant", description} }

func (e tokenError) write(w http.ResponseWriter) {
	body := map[string]string{"error": e.code}
	if e.description != "" {
		body["error_description"] = e.description
	}
	writeJSON(w, http.StatusBadRequest, body)
}

// tokenBody is the body of a response of the token endpoint.
type tokenBody struct {
	IDToken      string `json:"id_token,omitempty"`
	AccessToken  string `json:"access_token"`
	ExpiresIn    int64  `json:"expires_in"`
	TokenType    string `json:"token_type"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
}

// serveToken serves the token endpoint.
func (s *identity) serveToken(w http.ResponseWriter, r *http.Request) {
	noStore(w)
	body, err := s.respondToken(w, r)
	if refused, ok := errors.AsType[tokenError](err); ok {
		refused.write(w)
		return
	}
	if err != nil {
		responseError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store, no-cache, max-age=0")
	w.Header().Set("Pragma", "no-cache")
}

// respondToken returns the body of the response to a token request. It checks the request
// in the order of IdentityServer: form, client, grant type, and what the grant type needs.
func (s *identity) respondToken(w http.ResponseWriter, r *http.Request) (tokenBody, error) {
	client, form, refused := s.clientRequest(w, r)
	if refused != nil {
		return tokenBody{}, *refused
	}
	switch form.Get("grant_type") {
	case grantClientCredentials:
		return s.clientCredentialsGrant(s.origin(r), client, form)
	case grantCode:
		return s.codeGrant(s.origin(r), client, form)
	case grantRefreshToken:
		return s.refreshGrant(s.origin(r), client, form)
	case grantExchange:
		return s.exchangeGrant(s.origin(r), client, form)
	}
	return tokenBody{}, refuse("unsupported_grant_type")
}

// clientRequest reads the form of a request by a client and authenticates the client.
func (s *identity) clientRequest(w http.ResponseWriter, r *http.Request) (*Client, url.Values, *tokenError) {
	invalid := &tokenError{code: "invalid_request"}
	if r.Method != http.MethodPost {
		return nil, nil, invalid
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil || len(r.PostForm) == 0 {
		return nil, nil, invalid
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, nil, invalid
		}
	}
	client, ok := s.authenticate(r)
	if !ok {
		return nil, nil, &tokenError{code: "invalid_client"}
	}
	return client, r.PostForm, nil
}

// authenticate returns the client of a request, which uses Basic authentication or form
// fields. A public client has no secret; one that it sends is ignored, as by IdentityServer.
//
// According to RFC 6749, section 2.3.1, client id and secret are form-encoded in Basic
// authentication. Tapkey's add-on does not encode them. Both are accepted.
func (s *identity) authenticate(r *http.Request) (*Client, bool) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	user, password, basic := r.BasicAuth()
	if !basic {
		return s.clientWith(id, secret)
	}
	client, ok := s.clientWith(user, password)
	if !ok {
		user, err1 := url.QueryUnescape(user)
		password, err2 := url.QueryUnescape(password)
		if err1 != nil || err2 != nil {
			return nil, false
		}
		client, ok = s.clientWith(user, password)
	}
	return client, ok && (id == "" || id == client.ID)
}

// clientWith returns the client with an id and a secret.
func (s *identity) clientWith(id, secret string) (*Client, bool) {
	client := s.clients[id]
	return client, client != nil && (client.Public || equalSecrets(s.secrets(id), secret))
}

// clientCredentialsGrant issues a token to the service account of a client.
func (s *identity) clientCredentialsGrant(issuer string, client *Client, form url.Values) (tokenBody, error) {
	if client.NoClientCredentials || client.Public {
		return tokenBody{}, refuse("unauthorized_client")
	}
	scopes := scopesOf(form)
	if len(scopes) == 0 {
		scopes = client.apiScopes() // like IdentityServer; Tapkey documents scope as required
	}
	if !contains(client.apiScopes(), scopes) {
		return tokenBody{}, refuse("invalid_scope")
	}
	return s.issue(issuer, authorization{client: client.ID, scopes: scopes})
}

// scopesOf returns the scopes that a request names, sorted.
func scopesOf(form url.Values) []string {
	return slices.Compact(slices.Sorted(slices.Values(strings.Fields(form.Get("scope")))))
}

// contains reports whether all contains every element of some.
func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// issue returns the response with a new access token of an issuer and, for the scope openid, a new ID
// token.
func (s *identity) issue(issuer string, a authorization) (tokenBody, error) {
	accessToken, err := s.tokens.issue(issuer, a)
	if err != nil {
		return tokenBody{}, err
	}
	body := tokenBody{
		AccessToken: accessToken,
		ExpiresIn:   int64(s.tokens.lifetime / time.Second),
		TokenType:   "Bearer",
		Scope:       strings.Join(a.scopes, " "),
	}
	if slices.Contains(a.scopes, scopeOpenID) {
		body.IDToken, err = s.idToken(issuer, a)
	}
	return body, err
}
