package sandbox_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func newKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

const exchangeClientID = "http://tapkey.net/oauth/token_exchange/client_id"

// exchanger exchanges JWTs of an identity provider. Its user employee-4711 is registered.
type exchanger struct {
	testing.TB
	server *sandbox.Server
	key    *rsa.PrivateKey
}

func newExchanger(t testing.TB, key *rsa.PrivateKey) exchanger {
	return exchanger{t, start(t,
		sandbox.WithClient(sandbox.Client{ID: "mobile", Public: true, TokenExchange: true}),
		sandbox.WithClient(sandbox.Client{ID: "mobile-2", Public: true, TokenExchange: true, Scopes: []string{"read:owneraccounts"}}),
		sandbox.WithProvider(sandbox.Provider{Owner: "Coworking Space", ID: "our-provider", Issuer: "https://id.example", Audience: "tapkey", Key: &key.PublicKey}),
		sandbox.WithProvider(sandbox.Provider{Owner: "Home", Issuer: "https://id.example", Audience: "tapkey-home", Key: &key.PublicKey}),
	), key}
}

// claims returns valid claims with changes. A nil removes a claim.
func (x exchanger) claims(change jwt.MapClaims) jwt.MapClaims {
	now := x.server.Time().Unix()
	claims := jwt.MapClaims{"iss": "https://id.example", "aud": "tapkey", "sub": "employee-4711", "iat": now, "exp": now + 3600, exchangeClientID: "mobile"}
	maps.Copy(claims, change)
	for name, value := range claims {
		if value == nil {
			delete(claims, name)
		}
	}
	return claims
}

func (x exchanger) sign(claims jwt.MapClaims) string {
	x.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(x.key)
	if err != nil {
		x.Fatal(err)
	}
	return text
}

// exchange requests a token with changes of the form. An empty value removes a field.
func (x exchanger) exchange(subjectToken string, change url.Values, wantError string) tokenResponse {
	x.Helper()
	form := url.Values{
		"client_id": {"mobile"}, "grant_type": {"http://tapkey.net/oauth/token_exchange"}, "provider": {"our-provider"},
		"scope": {"read:owneraccounts read:core:entities"}, "subject_token_type": {"jwt"}, "subject_token": {subjectToken},
		"audience": {"tapkey_api"}, "requested_token_type": {"access_token"},
	}
	for name, values := range change {
		form[name] = values
		if len(values) == 1 && values[0] == "" {
			form.Del(name)
		}
	}
	return requestTokens(x, x.server, "", form, wantError)
}

func TestTokenExchangeClaims(t *testing.T) {
	x := newExchanger(t, newKey(t, 2048))
	now := x.server.Time().Unix()
	for name, test := range map[string]struct {
		change jwt.MapClaims
		want   string
	}{
		"valid":                 {nil, ""},
		"several audiences":     {jwt.MapClaims{"aud": []string{"other", "tapkey"}}, ""},
		"unregistered user":     {jwt.MapClaims{"sub": "nobody"}, ""},
		"short lifetime":        {jwt.MapClaims{"exp": now + 60}, ""},
		"valid since a while":   {jwt.MapClaims{"nbf": now - 60}, ""},
		"no issuer":             {jwt.MapClaims{"iss": nil}, "invalid_grant"},
		"wrong issuer":          {jwt.MapClaims{"iss": "https://id.example/"}, "invalid_grant"},
		"no audience":           {jwt.MapClaims{"aud": nil}, "invalid_grant"},
		"wrong audience":        {jwt.MapClaims{"aud": "tapkey_api"}, "invalid_grant"},
		"audience of a sibling": {jwt.MapClaims{"aud": "tapkey-home"}, "invalid_grant"},
		"no user":               {jwt.MapClaims{"sub": nil}, "invalid_grant"},
		"empty user":            {jwt.MapClaims{"sub": ""}, "invalid_grant"},
		"user is a number":      {jwt.MapClaims{"sub": 4711}, "invalid_grant"},
		"no iat":                {jwt.MapClaims{"iat": nil}, "invalid_grant"},
		"iat in the future":     {jwt.MapClaims{"iat": now + 120}, "invalid_grant"},
		"iat is text":           {jwt.MapClaims{"iat": fmt.Sprint(now)}, "invalid_grant"},
		"no exp":                {jwt.MapClaims{"exp": nil}, "invalid_grant"},
		"exp in the past":       {jwt.MapClaims{"iat": now - 120, "exp": now - 60}, "invalid_grant"},
		"exp in milliseconds":   {jwt.MapClaims{"exp": now * 1000}, "invalid_grant"},
		"a second too long":     {jwt.MapClaims{"iat": now, "exp": now + 3601}, "invalid_grant"},
		"not yet valid":         {jwt.MapClaims{"nbf": now + 60}, "invalid_grant"},
		"no client":             {jwt.MapClaims{exchangeClientID: nil}, "invalid_grant"},
		"other client":          {jwt.MapClaims{exchangeClientID: "mobile-2"}, "invalid_grant"},
		"client in client_id":   {jwt.MapClaims{exchangeClientID: nil, "client_id": "mobile"}, "invalid_grant"},
		"names of RFC 8693":     {jwt.MapClaims{"iss": nil, "aud": nil, "sub": nil, "issuer": "https://id.example", "audience": "tapkey", "subject": "employee-4711"}, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			x := exchanger{t, x.server, x.key}
			got := x.exchange(x.sign(x.claims(test.change)), nil, test.want)
			if got.RefreshToken != "" || test.want == "" && got.Scope != "read:core:entities read:owneraccounts" || test.want != "" && got.Description == "" {
				t.Errorf("got %+v, want an access token with the scopes and no refresh token, or an error that says why", got)
			}
		})
	}
	valid := x.sign(x.claims(nil))
	x.server.AdvanceTime(time.Hour + time.Second)
	x.exchange(valid, nil, "invalid_grant")
}

func TestTokenExchangeSignatures(t *testing.T) {
	key := newKey(t, 3072)
	x := newExchanger(t, key)
	sign := func(method jwt.SigningMethod, header map[string]any, key any) string {
		t.Helper()
		token := jwt.NewWithClaims(method, x.claims(nil))
		maps.Copy(token.Header, header)
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	valid := sign(jwt.SigningMethodRS256, nil, key)
	x.exchange(valid, nil, "")
	x.exchange(sign(jwt.SigningMethodRS256, map[string]any{"kid": "any"}, key), nil, "")
	for name, bad := range map[string]string{
		"other key":        sign(jwt.SigningMethodRS256, nil, newKey(t, 2048)),
		"none":             sign(jwt.SigningMethodNone, nil, jwt.UnsafeAllowNoneSignatureType),
		"HS256, PEM":       sign(jwt.SigningMethodHS256, nil, public),
		"HS256, DER":       sign(jwt.SigningMethodHS256, nil, der),
		"RS384":            sign(jwt.SigningMethodRS384, nil, key),
		"RS512":            sign(jwt.SigningMethodRS512, nil, key),
		"PS256":            sign(jwt.SigningMethodPS256, nil, key),
		"critical header":  sign(jwt.SigningMethodRS256, map[string]any{"crit": []string{"x"}, "x": 1}, key),
		"cut":              valid[:len(valid)-4],
		"without part":     valid[:len(valid)/2],
		"not a JWT":        "x",
		"an access token":  accessToken(t, x.server, x.server.ClientID(), x.server.ClientSecret()),
		"nothing but dots": "..",
	} {
		t.Run(name, func(t *testing.T) { exchanger{t, x.server, x.key}.exchange(bad, nil, "invalid_grant") })
	}
}

func TestTokenExchangeRequests(t *testing.T) {
	x := newExchanger(t, newKey(t, 2048))
	jwtOf := func(client string) string { return x.sign(x.claims(jwt.MapClaims{exchangeClientID: client})) }
	for _, test := range []struct {
		name   string
		change url.Values
		want   string
	}{
		{"without optional parameters", url.Values{"audience": {""}, "requested_token_type": {""}}, ""},
		{"without scope", url.Values{"scope": {""}}, ""},
		{"no provider", url.Values{"provider": {""}}, "invalid_request"},
		{"unknown provider", url.Values{"provider": {"x"}}, "invalid_grant"},
		{"default id of a registered provider", url.Values{"provider": {"b75c2e91-0000-4001-8000-000000000000"}}, "invalid_grant"},
		{"other provider with the same key", url.Values{"provider": {"b75c2e91-0000-4000-8000-000000000000"}}, "invalid_grant"},
		{"native users", url.Values{"provider": {"tapkey"}}, "invalid_grant"},
		{"no token", url.Values{"subject_token": {""}}, "invalid_request"},
		{"no type", url.Values{"subject_token_type": {""}}, "invalid_request"},
		{"type of RFC 8693", url.Values{"subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"}}, "invalid_request"},
		{"other audience", url.Values{"audience": {"x"}}, "invalid_request"},
		{"refresh token", url.Values{"requested_token_type": {"refresh_token"}}, "invalid_request"},
		{"offline_access", url.Values{"scope": {"read:owneraccounts offline_access"}}, "invalid_scope"},
		{"grant type of RFC 8693", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}}, "unsupported_grant_type"},
		{"client without token exchange", url.Values{"client_id": {x.server.PublicClient().ID}}, "unauthorized_client"},
		{"client of client credentials", url.Values{"client_id": {x.server.ClientID()}, "client_secret": {x.server.ClientSecret()}}, "unauthorized_client"},
		{"unknown client", url.Values{"client_id": {"x"}}, "invalid_client"},
		{"provider twice", url.Values{"provider": {"our-provider", "our-provider"}}, "invalid_request"},
	} {
		t.Run(test.name, func(t *testing.T) { exchanger{t, x.server, x.key}.exchange(jwtOf("mobile"), test.change, test.want) })
	}
	x.exchange(jwtOf("mobile-2"), url.Values{"client_id": {"mobile-2"}}, "invalid_scope")
	x.exchange(jwtOf("mobile-2"), url.Values{"client_id": {"mobile-2"}, "scope": {"read:owneraccounts"}}, "")
}

// An exchanged token has the rights of its user. A user who is not registered has none,
// even if there is a contact with a permission.
func TestRightsOfExchangedTokens(t *testing.T) {
	x := newExchanger(t, newKey(t, 2048))
	main := caller{t, x.server, accessToken(t, x.server, x.server.ClientID(), x.server.ClientSecret())}
	home, office := main.owner("Home"), main.owner("Coworking Space")
	as := func(user string) caller {
		return caller{t, x.server, x.exchange(x.sign(x.claims(jwt.MapClaims{"sub": user})), nil, "").AccessToken}
	}
	for _, user := range []string{"employee-4711", "nobody"} {
		want(t, len(as(user).list("/Owners")), `0`)
		as(user).call("GET", office, "").code(t, http.StatusUnauthorized, "Unauthorized")
		as(user).call("PUT", "/Owners", `{"name":"x"}`).code(t, http.StatusUnauthorized, "InsufficientScope")
	}
	// A contact in another owner account, and a permission.
	for _, user := range []string{"employee-4711", "nobody"} {
		contact := main.put(home+"/Contacts", fmt.Sprintf(`{"ipId":"our-provider","ipUserId":%q}`, user))
		main.put(home+"/Permissions", fmt.Sprintf(`{"contactId":%q,"role":"Admin"}`, contact["id"]))
	}
	want(t, len(as("employee-4711").list("/Owners")), `1`)
	as("employee-4711").list(home + "/BoundLocks")
	earlier := as("nobody")
	want(t, len(earlier.list("/Owners")), `0`)
	main.put(office+"/IdentityProviders/our-provider/Users", `{"ipUserId":"nobody"}`)
	want(t, len(earlier.list("/Owners")), `1`)
}

func TestRegisteredProviders(t *testing.T) {
	ofSize := func(bits uint) rsa.PublicKey { // looks like a key, but verifies nothing
		return rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1)), E: 65537}
	}
	small, good, large := ofSize(2047), ofSize(2048), ofSize(4097)
	valid := sandbox.Provider{Owner: "Home", Issuer: "i", Audience: "a", Key: &good}
	for name, change := range map[string]func(*sandbox.Provider){
		"key too small":     func(p *sandbox.Provider) { p.Key = &small },
		"key too large":     func(p *sandbox.Provider) { p.Key = &large },
		"no key":            func(p *sandbox.Provider) { p.Key = nil },
		"empty key":         func(p *sandbox.Provider) { p.Key = new(rsa.PublicKey) },
		"no issuer":         func(p *sandbox.Provider) { p.Issuer = "" },
		"no audience":       func(p *sandbox.Provider) { p.Audience = "" },
		"no owner":          func(p *sandbox.Provider) { p.Owner = "" },
		"unknown owner":     func(p *sandbox.Provider) { p.Owner = "Nowhere" },
		"id of native":      func(p *sandbox.Provider) { p.ID = "tapkey" },
		"registered before": func(p *sandbox.Provider) { p.Owner = "7f9c1e52-0000-4000-8000-000000000000" },
	} {
		bad := valid
		change(&bad)
		opts := []sandbox.Option{sandbox.WithProvider(bad)}
		if name == "registered before" {
			opts = append(opts, sandbox.WithProvider(valid))
		}
		if s, err := sandbox.Start(opts...); err == nil {
			s.Close()
			t.Errorf("%s: got no error, want one", name)
		}
	}
	for _, owner := range []string{"Locking System 000002", "7f9c1e52-0000-4001-8000-000000000000"} {
		generated := valid
		generated.Owner, generated.ID = owner, "p"
		s := start(t, sandbox.WithGenerated(3, 1, 0), sandbox.WithProvider(generated))
		c := caller{t, s, accessToken(t, s, s.ClientID(), s.ClientSecret())}
		c.put(c.owner("Locking System 000002")+"/IdentityProviders/p/Users", `{"ipUserId":"u"}`)
	}
}
