package sandbox_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// tokenRequest posts a form to the token endpoint. basic is the Authorization header, if
// not empty.
func tokenRequest(t testing.TB, s *sandbox.Server, basic, form string) response {
	t.Helper()
	req, err := http.NewRequest("POST", s.TokenURL(), strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic != "" {
		req.Header.Set("Authorization", basic)
	}
	return do(t, http.DefaultClient, req)
}

func basic(credentials string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
}

func TestTokenRequests(t *testing.T) {
	awkward := sandbox.Client{ID: "cl:ient", Secret: "s3cr:et/+ %", Scopes: []string{"read:owneraccounts", "read:grants"}}
	s := start(t, sandbox.WithClient(awkward), sandbox.WithClient(sandbox.Client{ID: "app", Secret: "x", NoClientCredentials: true}))
	id, secret := url.QueryEscape(awkward.ID), url.QueryEscape(awkward.Secret)
	body := "&client_id=" + id + "&client_secret=" + secret
	for _, test := range []struct{ name, basic, form, want string }{
		{"in the body", "", "grant_type=client_credentials&scope=read:grants" + body, "read:grants"},
		{"by Basic, form-encoded", basic(id + ":" + secret), "grant_type=client_credentials&scope=read:grants", "read:grants"},
		{"by Basic, not encoded", basic("cl:ient:s3cr:et/+ %"), "grant_type=client_credentials", "invalid_client"},
		{"several scopes", basic(id + ":" + secret), "grant_type=client_credentials&scope=read:owneraccounts+read:grants+read:grants", "read:grants read:owneraccounts"},
		{"without scope: all", basic(id + ":" + secret), "grant_type=client_credentials", "read:owneraccounts read:grants"},
		{"wrong secret", basic(id + ":x"), "grant_type=client_credentials", "invalid_client"},
		{"unknown client", basic("x:x"), "grant_type=client_credentials", "invalid_client"},
		{"no client", "", "grant_type=client_credentials", "invalid_client"},
		{"Basic that is not base64", "Basic !", "grant_type=client_credentials", "invalid_client"},
		{"scope that is not allowed", basic(id + ":" + secret), "grant_type=client_credentials&scope=read:logs", "invalid_scope"},
		{"unknown scope", basic(id + ":" + secret), "grant_type=client_credentials&scope=manage:contacts", "invalid_scope"},
		{"offline_access", basic(id + ":" + secret), "grant_type=client_credentials&scope=offline_access", "invalid_scope"},
		{"grant of users", basic(id + ":" + secret), "grant_type=authorization_code&code=x", "unauthorized_client"},
		{"client for users", basic("app:x"), "grant_type=client_credentials", "unauthorized_client"},
		{"unknown grant", basic(id + ":" + secret), "grant_type=password", "unsupported_grant_type"},
		{"no grant", basic(id + ":" + secret), "scope=read:grants", "unsupported_grant_type"},
		{"grant given twice", basic(id + ":" + secret), "grant_type=client_credentials&grant_type=client_credentials", "invalid_request"},
		{"broken form", basic(id + ":" + secret), "grant_type=%zz", "invalid_request"},
		{"empty form", basic(id + ":" + secret), "", "invalid_request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := tokenRequest(t, s, test.basic, test.form)
			status := http.StatusOK
			if !strings.Contains(test.want, ":") {
				status = http.StatusBadRequest
			}
			var a struct {
				AccessToken string `json:"access_token"`
				ExpiresIn   int    `json:"expires_in"`
				TokenType   string `json:"token_type"`
				Scope       string
				Error       string
			}
			got.want(t, status).decode(t, &a)
			if a.Scope+a.Error != test.want {
				t.Errorf("got %s, want scope or error %q", got.body, test.want)
			}
			if status == http.StatusOK && (a.AccessToken == "" || a.ExpiresIn != 3600 || a.TokenType != "Bearer") {
				t.Errorf("got %s, want an access token of type Bearer that expires in 3600 s", got.body)
			}
			if !strings.Contains(got.header.Get("Cache-Control"), "no-store") {
				t.Errorf("got Cache-Control %q, want no-store", got.header.Get("Cache-Control"))
			}
		})
	}
	var e struct{ Error string }
	send(t, "GET", s.TokenURL(), "", "").want(t, http.StatusBadRequest).decode(t, &e)
	want(t, e.Error, `"invalid_request"`)
}

// A token is an RS256 JWT that can be verified with the key that discovery leads to.
func TestTokenIsVerifiedByDiscovery(t *testing.T) {
	s := start(t, sandbox.WithTokenLifetime(90*time.Second))
	origin := strings.TrimSuffix(s.TokenURL(), "/connect/token")
	var discovery map[string]any
	send(t, "GET", origin+"/.well-known/openid-configuration", "", "").want(t, http.StatusOK).decode(t, &discovery)
	if discovery["issuer"] != origin || discovery["token_endpoint"] != s.TokenURL() {
		t.Errorf("discovery: got %v, want issuer %s and token_endpoint %s", discovery, origin, s.TokenURL())
	}
	keysURL := discovery["jwks_uri"].(string)
	var keys struct {
		Keys []json.RawMessage
	}
	send(t, "GET", keysURL, "", "").want(t, http.StatusOK).decode(t, &keys)
	send(t, "POST", keysURL, "", "{}").code(t, http.StatusMethodNotAllowed, "MethodNotAllowed")

	value := accessToken(t, s, s.ClientID(), s.ClientSecret(), "read:grants", "read:logs")
	key := rsaKey(t, keys.Keys[0])
	var claims jwt.MapClaims
	token, err := jwt.ParseWithClaims(value, &claims, func(*jwt.Token) (any, error) { return key, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(origin), jwt.WithAudience("tapkey_api"), jwt.WithExpirationRequired())
	if err != nil {
		t.Fatal(err)
	}
	want(t, []any{token.Header["kid"], claims["client_id"], claims["scope"]}, `["sandbox","tapkey-sandbox",["read:grants","read:logs"]]`)
	if life := claims["exp"].(float64) - claims["nbf"].(float64); life != 90 {
		t.Errorf("lifetime of the token: got %v s, want 90", life)
	}
}

// An invalid token is 401 with invalid_token.
func TestTokensThatAreRefused(t *testing.T) {
	s := start(t, sandbox.WithTokenLifetime(time.Minute))
	token := accessToken(t, s, s.ClientID(), s.ClientSecret())
	owners := func(authorization string) response { return send(t, "GET", s.BaseURL()+"/Owners", authorization, "") }

	owners("bearer "+token).want(t, http.StatusOK) // RFC 9110: schemes are case-insensitive
	for _, authorization := range []string{"", "Bearer", "Basic " + token, "access_token " + token, token, "Bearer" + token} {
		got := owners(authorization)
		if strings.HasPrefix(authorization, "Bearer") && authorization == "Bearer" {
			got.code(t, http.StatusUnauthorized, "InvalidToken")
			continue
		}
		got.code(t, http.StatusUnauthorized, "Unauthorized")
		want(t, got.header.Get("WWW-Authenticate"), `"Bearer"`)
	}
	other := start(t)
	parts := strings.Split(token, ".")
	none, _ := jwt.New(jwt.SigningMethodNone).SignedString(jwt.UnsafeAllowNoneSignatureType)
	for name, bad := range map[string]string{
		"of another server": accessToken(t, other, other.ClientID(), other.ClientSecret()),
		"garbage":           "garbage",
		"unsigned":          none,
		"changed":           parts[0] + "." + parts[1] + "x." + parts[2],
		"cut":               parts[0] + "." + parts[1] + ".",
		"a scheme twice":    "Bearer " + token,
	} {
		t.Run(name, func(t *testing.T) {
			got := owners("Bearer " + bad)
			got.code(t, http.StatusUnauthorized, "InvalidToken")
			if challenge := got.header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, `Bearer error="invalid_token"`) {
				t.Errorf("got WWW-Authenticate %s, want error invalid_token", challenge)
			}
		})
	}

	s.AdvanceTime(58 * time.Second) // the times in a token are whole seconds
	owners("Bearer "+token).want(t, http.StatusOK)
	s.AdvanceTime(3 * time.Second)
	if got := owners("Bearer " + token); !strings.Contains(got.header.Get("WWW-Authenticate"), "expired") {
		t.Errorf("expired token: got status %d and header %v, want a challenge that says expired", got.status, got.header)
	}
	s.SetTime(time.Now())
	owners("Bearer "+token).want(t, http.StatusOK)
}

func TestRevokedTokens(t *testing.T) {
	s := start(t)
	owners := func(token string) int { return send(t, "GET", s.BaseURL()+"/Owners", "Bearer "+token, "").status }
	one, two := accessToken(t, s, s.ClientID(), s.ClientSecret()), accessToken(t, s, s.ClientID(), s.ClientSecret())
	if !s.RevokeToken(one) || s.RevokeToken(one) || s.RevokeToken("garbage") {
		t.Error("RevokeToken: got another result than want: true for a valid token, false for a revoked and an invalid one")
	}
	want(t, []int{owners(one), owners(two)}, `[401,200]`)
	s.RevokeTokens()
	three := accessToken(t, s, s.ClientID(), s.ClientSecret())
	want(t, []int{owners(one), owners(two), owners(three)}, `[401,401,200]`)
}

func TestRequestsAreReadBackWithoutSecrets(t *testing.T) {
	s := start(t)
	token := accessToken(t, s, s.ClientID(), s.ClientSecret())
	send(t, "GET", s.BaseURL()+"/owners/?x=1", "access_token "+token, "")
	send(t, "GET", s.BaseURL()+"/Owners", token, "")
	send(t, "GET", s.BaseURL()+"/nope", "Bearer "+token, "")
	requests := s.Requests()
	var lines []string
	for _, r := range requests {
		lines = append(lines, strings.Join([]string{r.Method, r.Path, r.Query, r.Operation, http.StatusText(r.Status), r.Header.Get("Authorization")}, "|"))
	}
	if expected := []string{
		"POST|/connect/token||token|OK|Basic [redacted]",
		"GET|/api/v1/owners/|x=1|listOwners|Unauthorized|access_token [redacted]",
		"GET|/api/v1/Owners||listOwners|Unauthorized|[redacted]",
		"GET|/api/v1/nope|||Not Found|Bearer [redacted]",
	}; !slices.Equal(lines, expected) {
		t.Errorf("got %q, want %q", lines, expected)
	}
	want(t, []int{s.Count("listOwners"), s.Count("getOwner"), s.TokenRequests()}, `[2,0,1]`)
	s.ForgetRequests()
	want(t, []int{s.Count("listOwners"), s.TokenRequests(), len(s.Requests())}, `[0,0,0]`)
}

// rsaKey decodes a JSON Web Key.
func rsaKey(t testing.TB, raw json.RawMessage) *rsa.PublicKey {
	t.Helper()
	var key struct{ Kty, Alg, Kid, N, E string }
	if err := json.Unmarshal(raw, &key); err != nil || key.Kty != "RSA" || key.Alg != "RS256" || key.Kid != "sandbox" {
		t.Fatalf("got key %s (%v), want an RSA key for RS256 with id sandbox", raw, err)
	}
	decode := func(text string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(b)
	}
	return &rsa.PublicKey{N: decode(key.N), E: int(decode(key.E).Int64())}
}
