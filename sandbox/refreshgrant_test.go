package sandbox_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// refreshForm returns the request to use a refresh token of the default public client.
func refreshForm(s *sandbox.Server, token string, change url.Values) url.Values {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {s.PublicClient().ID}, "refresh_token": {token}}
	for name, values := range change {
		form[name] = values
	}
	return form
}

// newTokens signs in and returns the tokens.
func newTokens(t testing.TB, s *sandbox.Server, scope string) tokenResponse {
	t.Helper()
	return requestTokens(t, s, "", codeForm(s, newCode(t, s, url.Values{"scope": {scope}}), nil), "")
}

// A refresh token is reusable, for ever, and stays the same.
func TestRefreshTokenIsReusable(t *testing.T) {
	s := start(t)
	tokens := newTokens(t, s, "read:owneraccounts read:grants offline_access")
	for range 3 {
		s.AdvanceTime(400 * 24 * time.Hour)
		want(t, apiStatus(t, s, tokens.AccessToken), `401`)
		again := requestTokens(t, s, "", refreshForm(s, tokens.RefreshToken, nil), "")
		want(t, []any{apiStatus(t, s, again.AccessToken), again.Scope, again.RefreshToken == tokens.RefreshToken}, `[200,"offline_access read:grants read:owneraccounts",true]`)
	}
	s.RevokeTokens()
	requestTokens(t, s, "", refreshForm(s, tokens.RefreshToken, nil), "")
}

func TestRefreshRequests(t *testing.T) {
	s := start(t, sandbox.WithClient(sandbox.Client{ID: "other", Public: true, RedirectURIs: []string{loopbackURI}}))
	tokens := newTokens(t, s, "read:owneraccounts read:grants offline_access")
	for _, test := range []struct {
		name   string
		change url.Values
		error  string
		scope  string
	}{
		{"same scopes", url.Values{"scope": {"offline_access read:grants read:owneraccounts"}}, "", "offline_access read:grants read:owneraccounts"},
		{"narrower scope", url.Values{"scope": {"read:grants"}}, "", "read:grants"},
		{"all scopes after fewer", url.Values{"scope": {""}}, "", "offline_access read:grants read:owneraccounts"},
		{"wider scope", url.Values{"scope": {"read:grants write:grants"}}, "invalid_scope", ""},
		{"unknown scope", url.Values{"scope": {"x"}}, "invalid_scope", ""},
		{"stray parameters of a sample", url.Values{"redirect_uri": {"https://localhost:1/"}, "code_verifier": {"x"}}, "", "offline_access read:grants read:owneraccounts"},
		{"other client", url.Values{"client_id": {"other"}}, "invalid_grant", ""},
		{"client without people", url.Values{"client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}}, "unauthorized_client", ""},
		{"no refresh token", url.Values{"refresh_token": {""}}, "invalid_request", ""},
		{"unknown refresh token", url.Values{"refresh_token": {"x"}}, "invalid_grant", ""},
		{"access token", url.Values{"refresh_token": {tokens.AccessToken}}, "invalid_grant", ""},
		{"refresh token twice", url.Values{"refresh_token": {tokens.RefreshToken, tokens.RefreshToken}}, "invalid_request", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := requestTokens(t, s, "", refreshForm(s, tokens.RefreshToken, test.change), test.error)
			want(t, got.Scope, `"`+test.scope+`"`)
		})
	}
}

// A refresh token is issued only with the scope offline_access, which a client may lack.
func TestOfflineAccessDecidesOnRefreshTokens(t *testing.T) {
	online := sandbox.Client{ID: "online", Public: true, RedirectURIs: []string{loopbackURI}, Scopes: []string{"read:owneraccounts"}}
	s := start(t, sandbox.WithClient(online))
	if got := newTokens(t, s, "read:owneraccounts"); got.RefreshToken != "" {
		t.Errorf("without offline_access: got refresh token %q, want none", got.RefreshToken)
	}
	newBrowser(t, s).get(authorizeURL(s, url.Values{"client_id": {online.ID}})).isProblem(t, "invalid_scope")
}

// With rotation, a refresh token is used once. The second use revokes all of them.
func TestRotatingRefreshTokens(t *testing.T) {
	s := start(t, sandbox.WithRotatingRefreshTokens())
	one := newTokens(t, s, "read:owneraccounts offline_access")
	two := requestTokens(t, s, "", refreshForm(s, one.RefreshToken, nil), "")
	if two.RefreshToken == "" || two.RefreshToken == one.RefreshToken {
		t.Fatalf("got refresh token %q after %q, want another one", two.RefreshToken, one.RefreshToken)
	}
	three := requestTokens(t, s, "", refreshForm(s, two.RefreshToken, nil), "")
	want(t, apiStatus(t, s, three.AccessToken), `200`)
	requestTokens(t, s, "", refreshForm(s, one.RefreshToken, nil), "invalid_grant")
	requestTokens(t, s, "", refreshForm(s, three.RefreshToken, nil), "invalid_grant")
	want(t, apiStatus(t, s, three.AccessToken), `401`)
}

func TestRevokedRefreshToken(t *testing.T) {
	s := start(t)
	tokens := newTokens(t, s, "read:owneraccounts offline_access")
	if !s.RevokeToken(tokens.RefreshToken) || s.RevokeToken(tokens.RefreshToken) {
		t.Error("RevokeToken: got another result than want: true once")
	}
	requestTokens(t, s, "", refreshForm(s, tokens.RefreshToken, nil), "invalid_grant")
	want(t, apiStatus(t, s, tokens.AccessToken), `401`)
}
