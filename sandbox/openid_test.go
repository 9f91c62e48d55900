package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Discovery has what AppAuth and Spring need, and names endpoints that exist.
func TestDiscovery(t *testing.T) {
	for name, opts := range map[string][]sandbox.Option{"default": nil, "other address": {sandbox.WithAddr("127.0.0.2:0")}} {
		s := start(t, opts...)
		var d map[string]any
		send(t, "GET", s.Issuer()+"/.well-known/openid-configuration", "", "").want(t, http.StatusOK).decode(t, &d)
		if d["issuer"] != s.Issuer() || d["token_endpoint"] != s.TokenURL() || d["authorization_endpoint"] != s.AuthorizeURL() {
			t.Errorf("%s: got %v, want issuer %s and its endpoints", name, d, s.Issuer())
		}
		for _, needed := range []string{"response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported", "grant_types_supported", "code_challenge_methods_supported", "scopes_supported"} {
			if list, _ := d[needed].([]any); len(list) == 0 {
				t.Errorf("%s: got %s %v, want a list", name, needed, d[needed])
			}
		}
		for _, endpoint := range []string{"jwks_uri", "userinfo_endpoint", "end_session_endpoint", "revocation_endpoint"} {
			if got := send(t, "GET", d[endpoint].(string), "", ""); got.status == http.StatusNotFound {
				t.Errorf("%s: got status 404 at %s, want another", name, endpoint)
			}
		}
	}
}

// With the scope openid, the client gets an ID token and the userinfo endpoint responds.
func TestOpenIDConnect(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	tokens := func(scope string) tokenResponse {
		t.Helper()
		p := newBrowser(t, s).get(authorizeURL(s, url.Values{"scope": {scope}, "nonce": {"n-1"}}))
		return requestTokens(t, s, "", codeForm(s, p.returned(t, loopbackURI).Get("code"), nil), "")
	}
	userinfo := func(method, token string) response {
		return send(t, method, s.Issuer()+"/connect/userinfo", "Bearer "+token, "")
	}
	full := tokens("openid profile email offline_access")
	claims := idClaims(t, s, full.IDToken)
	want(t, []any{claims["iss"] == s.Issuer(), claims["aud"], claims["nonce"], claims["exp"].(float64) - claims["iat"].(float64)}, `[true,["tapkey-sandbox-app"],"n-1",300]`)
	var about map[string]any
	userinfo("GET", full.AccessToken).want(t, http.StatusOK).decode(t, &about)
	want(t, []any{about["sub"] == claims["sub"], about["name"], about["email"]}, `[true,"alex@example.com","alex@example.com"]`)
	userinfo("POST", full.AccessToken).want(t, http.StatusOK)
	userinfo("PUT", full.AccessToken).code(t, http.StatusMethodNotAllowed, "MethodNotAllowed")

	refreshed := requestTokens(t, s, "", refreshForm(s, full.RefreshToken, nil), "")
	if again := idClaims(t, s, refreshed.IDToken); again["nonce"] != nil || again["sub"] != claims["sub"] || again["auth_time"] != claims["auth_time"] {
		t.Errorf("after a refresh: got %v, want the same user and no nonce", again)
	}
	about = nil
	userinfo("GET", tokens("openid").AccessToken).want(t, http.StatusOK).decode(t, &about)
	want(t, len(about), `1`)
	for _, token := range []string{tokens("profile").AccessToken, accessToken(t, s, s.ClientID(), s.ClientSecret())} {
		userinfo("GET", token).code(t, http.StatusForbidden, "Forbidden")
	}
	userinfo("GET", "x").code(t, http.StatusUnauthorized, "InvalidToken")
	userinfo("GET", full.IDToken).code(t, http.StatusUnauthorized, "InvalidToken")
	want(t, apiStatus(t, s, full.IDToken), `401`)
}

func idClaims(t testing.TB, s *sandbox.Server, token string) jwt.MapClaims {
	t.Helper()
	var keys struct{ Keys []json.RawMessage }
	send(t, "GET", s.Issuer()+"/.well-known/openid-configuration/jwks", "", "").want(t, http.StatusOK).decode(t, &keys)
	key := rsaKey(t, keys.Keys[0])
	var claims jwt.MapClaims
	if _, err := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestRevocation(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	tokens := func() tokenResponse {
		t.Helper()
		p := newBrowser(t, s).get(authorizeURL(s, nil))
		return requestTokens(t, s, "", codeForm(s, p.returned(t, loopbackURI).Get("code"), nil), "")
	}
	revoke := func(form url.Values) response {
		t.Helper()
		return postForm(t, s.Issuer()+"/connect/revocation", form)
	}
	app := url.Values{"client_id": {s.PublicClient().ID}}
	with := func(from url.Values, name, value string) url.Values {
		form := url.Values{name: {value}}
		for name, values := range from {
			form[name] = values
		}
		return form
	}
	ok := func(got response) {
		t.Helper()
		if got.status != http.StatusOK || len(got.body) > 0 {
			t.Fatalf("got status %d and body %s, want 200 and none", got.status, got.body)
		}
	}
	refused := func(got response, code string) {
		t.Helper()
		var e struct{ Error string }
		got.want(t, http.StatusBadRequest).decode(t, &e)
		want(t, e.Error, `"`+code+`"`)
	}
	one, two := tokens(), tokens()
	ok(revoke(with(with(app, "token", one.AccessToken), "token_type_hint", "refresh_token")))
	want(t, []int{apiStatus(t, s, one.AccessToken), apiStatus(t, s, two.AccessToken)}, `[401,200]`)
	one = requestTokens(t, s, "", refreshForm(s, one.RefreshToken, nil), "")
	ok(revoke(with(app, "token", one.RefreshToken)))
	ok(revoke(with(app, "token", one.RefreshToken)))
	want(t, []int{apiStatus(t, s, one.AccessToken), apiStatus(t, s, two.AccessToken)}, `[401,200]`)
	requestTokens(t, s, "", refreshForm(s, one.RefreshToken, nil), "invalid_grant")
	ok(revoke(with(app, "token", "unknown")))

	web := url.Values{"client_id": {s.WebClient().ID}, "client_secret": {s.WebClient().Secret}}
	refused(revoke(with(web, "token", two.AccessToken)), "invalid_grant")
	refused(revoke(with(web, "token", two.RefreshToken)), "invalid_grant")
	refused(revoke(app), "invalid_request")
	refused(revoke(url.Values{"token": {two.AccessToken}}), "invalid_client")
	want(t, apiStatus(t, s, two.AccessToken), `200`)
	requestTokens(t, s, "", refreshForm(s, two.RefreshToken, nil), "")
}

func TestSignOut(t *testing.T) {
	const back = "https://app.example/bye?x=1"
	client := sandbox.Client{ID: "app", Public: true, RedirectURIs: []string{loopbackURI}, PostLogoutURIs: []string{back}}
	s := start(t, sandbox.WithClient(client), sandbox.WithPerson(sandbox.Person{Name: "a@example.com", Password: "a"}), sandbox.WithPerson(sandbox.Person{Name: "b@example.com", Password: "b"}))
	signIn := func() (*browser, string) {
		t.Helper()
		b := newBrowser(t, s)
		p := b.allow(b.signIn(b.get(authorizeURL(s, url.Values{"client_id": {"app"}, "scope": {"openid"}})), s.Person()))
		tokens := requestTokens(t, s, "", codeForm(s, p.returned(t, loopbackURI).Get("code"), url.Values{"client_id": {"app"}}), "")
		return b, tokens.IDToken
	}
	end := func(b *browser, query url.Values) page {
		return b.get(s.Issuer() + "/connect/endsession?" + query.Encode())
	}
	signedIn := func(b *browser) bool {
		return b.get(authorizeURL(s, url.Values{"client_id": {"app"}, "scope": {"openid"}})).status == http.StatusFound
	}

	// With an ID token: at once, even if the token has expired.
	b, idToken := signIn()
	s.AdvanceTime(time.Hour)
	got := end(b, url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {back}, "state": {"a b"}}).returned(t, back)
	want(t, []any{got.Get("state"), signedIn(b)}, `["a b",false]`)

	// With the ID token of another person, or without: after a page.
	other, _ := signIn()
	other.signIn(other.get(authorizeURL(s, url.Values{"prompt": {"login"}})), sandbox.Person{Name: "b@example.com", Password: "b"})
	ask := end(other, url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {back}})
	ask.shows(t, http.StatusOK, "Sign out?")
	newBrowser(t, s).post(ask, nil).isProblem(t, "invalid_request")
	other.post(ask, nil)
	b, idToken = signIn()
	ask = end(b, nil)
	ask.shows(t, http.StatusOK, "Sign out?")
	want(t, signedIn(b), `true`)
	b.post(ask, nil).shows(t, http.StatusOK, "Signed out")
	want(t, signedIn(b), `false`)
	end(b, nil).shows(t, http.StatusOK, "Signed out")

	// No open redirect.
	for name, query := range map[string]url.Values{
		"other site":         {"id_token_hint": {idToken}, "post_logout_redirect_uri": {"https://evil.example/"}},
		"longer URI":         {"id_token_hint": {idToken}, "post_logout_redirect_uri": {back + "&a=b"}},
		"redirect URI":       {"id_token_hint": {idToken}, "post_logout_redirect_uri": {loopbackURI}},
		"no client":          {"post_logout_redirect_uri": {back}},
		"other client":       {"client_id": {s.PublicClient().ID}, "post_logout_redirect_uri": {back}},
		"two clients":        {"id_token_hint": {idToken}, "client_id": {s.PublicClient().ID}, "post_logout_redirect_uri": {back}},
		"not an ID token":    {"id_token_hint": {"x"}, "post_logout_redirect_uri": {back}},
		"URI given twice":    {"client_id": {"app"}, "post_logout_redirect_uri": {back, back}},
		"control characters": {"client_id": {"app"}, "post_logout_redirect_uri": {back}, "state": {"\r\n"}},
	} {
		t.Run(name, func(t *testing.T) { end(b, query).isProblem(t, "invalid_request") })
	}
	end(b, url.Values{"client_id": {"x"}}).isProblem(t, "unauthorized_client")
}
