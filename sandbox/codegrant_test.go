package sandbox_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// apiStatus returns the status of GET /Owners with a token.
func apiStatus(t testing.TB, s *sandbox.Server, token string) int {
	t.Helper()
	return send(t, "GET", s.BaseURL()+"/Owners", "Bearer "+token, "").status
}

// A person signs in and consents; the client gets tokens with the person's rights.
func TestPersonSignsIn(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	p := b.allow(b.signIn(b.get(authorizeURL(s, nil)), s.Person()))
	got := p.returned(t, loopbackURI)
	if got.Get("state") != "some state" || got.Get("scope") != "offline_access read:owneraccounts" || got.Get("iss") != s.Issuer() || got.Get("code") == "" {
		t.Fatalf("got %v, want code, state, scope and iss", got)
	}
	tokens := requestTokens(t, s, "", codeForm(s, got.Get("code"), nil), "")
	want(t, []any{tokens.TokenType, tokens.ExpiresIn, tokens.Scope, tokens.IDToken}, `["Bearer",3600,"offline_access read:owneraccounts",""]`)
	if size := len(tokens.AccessToken) + len(tokens.RefreshToken); size > 3000 {
		t.Errorf("size of the tokens: got %d bytes, want at most 3000", size)
	}
	c := caller{t, s, tokens.AccessToken}
	owners := c.list("/Owners")
	if len(owners) != 1 || owners[0]["name"] != "Home" {
		t.Errorf("owner accounts of %s: got %v, want Home", s.Person().Name, owners)
	}

	// A second request in the same browser needs neither page.
	if again := b.get(authorizeURL(s, nil)).returned(t, loopbackURI); again.Get("code") == got.Get("code") || again.Get("code") == "" {
		t.Errorf("second request: got %v, want another code", again)
	}
}

// Tokens with all scopes are small enough for a cookie.
func TestTokensAreSmall(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	var scopes []string
	send(t, "GET", s.Issuer()+"/.well-known/openid-configuration", "", "").want(t, http.StatusOK).
		decode(t, &struct {
			Scopes *[]string `json:"scopes_supported"`
		}{&scopes})
	if len(scopes) != 15 {
		t.Fatalf("got scopes %v, want 15", scopes)
	}
	code := newBrowser(t, s).get(authorizeURL(s, url.Values{"scope": {strings.Join(scopes, " ")}})).returned(t, loopbackURI).Get("code")
	tokens := requestTokens(t, s, "", codeForm(s, code, nil), "")
	if size := len(tokens.AccessToken) + len(tokens.RefreshToken); size > 3000 {
		t.Errorf("size of the tokens: got %d bytes, want at most 3000", size)
	}
}

func TestCodeGrantFailures(t *testing.T) {
	confidential := sandbox.Client{ID: "other-web", Secret: "x", RedirectURIs: []string{loopbackURI}}
	s := start(t, sandbox.WithClient(confidential), sandbox.WithClient(sandbox.Client{ID: "other-app", Public: true, RedirectURIs: []string{loopbackURI}}))
	long := strings.Repeat("a", 129)
	for _, test := range []struct {
		name   string
		change url.Values
		want   string
	}{
		{"unknown code", url.Values{"code": {"x"}}, "invalid_grant"},
		{"huge code", url.Values{"code": {strings.Repeat("x", 500_000)}}, "invalid_grant"},
		{"no code", url.Values{"code": {""}}, "invalid_request"},
		{"no redirect URI", url.Values{"redirect_uri": {""}}, "invalid_request"},
		{"redirect URI without the slash", url.Values{"redirect_uri": {"http://127.0.0.1:8111/authorize"}}, "invalid_grant"},
		{"redirect URI in capitals", url.Values{"redirect_uri": {"http://127.0.0.1:8111/Authorize/"}}, "invalid_grant"},
		{"other registered redirect URI", url.Values{"redirect_uri": {"http://localhost:8111/authorize/"}}, "invalid_grant"},
		{"no verifier", url.Values{"code_verifier": {""}}, "invalid_grant"},
		{"wrong verifier", url.Values{"code_verifier": {verifier[1:] + "x"}}, "invalid_grant"},
		{"challenge as verifier", url.Values{"code_verifier": {challenge}}, "invalid_grant"},
		{"long verifier", url.Values{"code_verifier": {long}}, "invalid_grant"},
		{"no client", url.Values{"client_id": {""}}, "invalid_client"},
		{"unknown client", url.Values{"client_id": {"x"}}, "invalid_client"},
		{"other public client", url.Values{"client_id": {"other-app"}}, "invalid_grant"},
		{"other confidential client", url.Values{"client_id": {"other-web"}, "client_secret": {"x"}}, "invalid_grant"},
		{"confidential client without secret", url.Values{"client_id": {"other-web"}}, "invalid_client"},
		{"client for client credentials", url.Values{"client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}}, "unauthorized_client"},
		{"code twice in a request", url.Values{"code": {"x", "x"}}, "invalid_request"},
		{"client credentials of a public client", url.Values{"grant_type": {"client_credentials"}}, "unauthorized_client"},
		{"client credentials of a client for people", url.Values{"grant_type": {"client_credentials"}, "client_id": {s.WebClient().ID}, "client_secret": {s.WebClient().Secret}}, "unauthorized_client"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code := newCode(t, s, nil)
			requestTokens(t, s, "", codeForm(s, code, test.change), test.want)
		})
	}
}

// A verifier is refused if the authorization request had no challenge, which may have been
// removed on the way.
func TestVerifierWithoutChallenge(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	web := s.WebClient()
	noPKCE := url.Values{"client_id": {web.ID}, "code_challenge": {""}, "code_challenge_method": {""}}
	secret := url.Values{"client_id": {web.ID}, "client_secret": {web.Secret}}
	code := func() string {
		return newBrowser(t, s).get(authorizeURL(s, noPKCE)).returned(t, loopbackURI).Get("code")
	}
	requestTokens(t, s, "", codeForm(s, code(), secret), "invalid_grant")
	secret.Set("code_verifier", "")
	requestTokens(t, s, "", codeForm(s, code(), secret), "")
}

// A code can be used once and for five minutes. Its second use revokes the tokens.
func TestCodeIsUsedOnceAndInTime(t *testing.T) {
	s := start(t)
	code := newCode(t, s, nil)
	tokens := requestTokens(t, s, "", codeForm(s, code, nil), "")
	refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {s.PublicClient().ID}, "refresh_token": {tokens.RefreshToken}}
	second := requestTokens(t, s, "", refresh, "")
	other := requestTokens(t, s, "", codeForm(s, newCode(t, s, nil), nil), "")
	want(t, []int{apiStatus(t, s, tokens.AccessToken), apiStatus(t, s, second.AccessToken)}, `[200,200]`)

	// Another client cannot revoke the tokens.
	requestTokens(t, s, "", codeForm(s, code, url.Values{"client_id": {s.WebClient().ID}, "client_secret": {s.WebClient().Secret}}), "invalid_grant")
	want(t, apiStatus(t, s, tokens.AccessToken), `200`)
	requestTokens(t, s, "", codeForm(s, code, nil), "invalid_grant")
	want(t, []int{apiStatus(t, s, tokens.AccessToken), apiStatus(t, s, second.AccessToken), apiStatus(t, s, other.AccessToken)}, `[401,401,200]`)
	requestTokens(t, s, "", refresh, "invalid_grant")

	code = newCode(t, s, nil)
	requestTokens(t, s, "", codeForm(s, code, url.Values{"code_verifier": {challenge}}), "invalid_grant")
	requestTokens(t, s, "", codeForm(s, code, nil), "invalid_grant") // the first use has failed

	code = newCode(t, s, nil)
	s.AdvanceTime(5*time.Minute + time.Second)
	requestTokens(t, s, "", codeForm(s, code, nil), "invalid_grant")
	code = newCode(t, s, nil)
	s.AdvanceTime(5*time.Minute - 5*time.Second)
	requestTokens(t, s, "", codeForm(s, code, nil), "")
}

// A confidential client needs no PKCE, and authenticates by the body or by Basic, with or
// without form encoding.
func TestConfidentialClient(t *testing.T) {
	awkward := sandbox.Client{ID: "a client", Secret: "sec ret+/%41%", RedirectURIs: []string{loopbackURI}, NoClientCredentials: true}
	s := start(t, sandbox.WithAutoConsent(), sandbox.WithClient(awkward))
	for name, test := range map[string]struct {
		basic, body, want string
	}{
		"body":             {"", awkward.Secret, ""},
		"Basic, raw":       {basic(awkward.ID + ":" + awkward.Secret), "", ""},
		"Basic, encoded":   {basic(url.QueryEscape(awkward.ID) + ":" + url.QueryEscape(awkward.Secret)), "", ""},
		"wrong secret":     {basic(awkward.ID + ":x"), "", "invalid_client"},
		"decoded twice":    {basic(awkward.ID + ":sec ret+/A%"), "", "invalid_client"},
		"wrong body":       {"", "x", "invalid_client"},
		"no secret":        {"", "", "invalid_client"},
		"Basic, no secret": {basic(awkward.ID + ":"), "", "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newBrowser(t, s).get(authorizeURL(s, url.Values{"client_id": {awkward.ID}, "code_challenge": {""}, "code_challenge_method": {""}}))
			form := codeForm(s, p.returned(t, loopbackURI).Get("code"), url.Values{"client_id": {awkward.ID}, "client_secret": {test.body}, "code_verifier": {""}})
			if test.basic != "" {
				form.Del("client_id")
			}
			requestTokens(t, s, test.basic, form, test.want)
		})
	}
	form := codeForm(s, "x", url.Values{"client_id": {s.PublicClient().ID}})
	requestTokens(t, s, basic(awkward.ID+":"+awkward.Secret), form, "invalid_client") // two clients
}

// Tapkey's log export add-on sends these requests: no PKCE, Basic without form encoding, and
// the same refresh token again and again.
func TestRequestsOfTapkeysAddOn(t *testing.T) {
	const callback, scope = "http://127.0.0.1:3000/tapkey/callback", "read:owneraccounts read:core:entities read:logs offline_access"
	addOn := sandbox.Client{ID: "cid", Secret: "sec ret+", NoClientCredentials: true, RedirectURIs: []string{callback}}
	s := start(t, sandbox.WithClient(addOn))
	b := newBrowser(t, s)
	query := "response_type=code&client_id=cid&redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Ftapkey%2Fcallback&scope=" + strings.ReplaceAll(scope, " ", "+") + "&state=x"
	got := b.allow(b.signIn(b.get(s.AuthorizeURL()+"?"+query), s.Person())).returned(t, callback)
	token := func(form url.Values) tokenResponse {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.TokenURL(), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
		req.Header.Set("Accept", "application/json")
		req.SetBasicAuth(addOn.ID, addOn.Secret)
		var body tokenResponse
		do(t, http.DefaultClient, req).want(t, http.StatusOK).decode(t, &body)
		return body
	}
	first := token(url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {callback}, "code": {got.Get("code")}})
	current := first
	for range 3 {
		c := caller{t, s, current.AccessToken}
		home := c.owner("Home")
		if entries := c.list(home + "/LogEntries?$skip=0&$top=500&$filter=logType%20eq%20'Command'%20and%20command%20eq%20'TriggerLock'&$select=id,entryNo&"); len(entries) == 0 {
			t.Error("log entries: got none, want some")
		}
		c.list(home + "/Contacts?$select=id,identifier")
		c.list(home + "/BoundCards?$select=id,title")
		c.list(home + "/BoundLocks")
		s.AdvanceTime(2 * time.Hour)
		current = token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.RefreshToken}, "scope": {scope}})
	}
}

// Of many concurrent uses of a code, at most one gets tokens, and the others revoke them. A
// rotating refresh token is used once, too.
func TestConcurrentUses(t *testing.T) {
	s := start(t, sandbox.WithRotatingRefreshTokens())
	const uses = 20
	use := func(form url.Values) (granted []tokenResponse) {
		t.Helper()
		responses := make(chan response, uses)
		var wg sync.WaitGroup
		for range uses {
			wg.Go(func() {
				rsp, err := http.PostForm(s.TokenURL(), form)
				if err != nil {
					t.Error(err)
					return
				}
				defer rsp.Body.Close()
				body, err := io.ReadAll(rsp.Body)
				if err != nil {
					t.Error(err)
				}
				responses <- response{rsp.StatusCode, rsp.Header, body}
			})
		}
		wg.Wait()
		close(responses)
		for got := range responses {
			if got.status == http.StatusOK {
				var body tokenResponse
				got.decode(t, &body)
				granted = append(granted, body)
			}
		}
		return granted
	}
	for name, form := range map[string]url.Values{
		"code":          codeForm(s, newCode(t, s, nil), nil),
		"refresh token": refreshForm(s, newTokens(t, s, "read:owneraccounts offline_access").RefreshToken, nil),
	} {
		granted := use(form)
		if len(granted) > 1 {
			t.Errorf("%s: got tokens %d times, want at most once", name, len(granted))
		}
		for _, tokens := range granted {
			want(t, apiStatus(t, s, tokens.AccessToken), `401`)
			requestTokens(t, s, "", refreshForm(s, tokens.RefreshToken, nil), "invalid_grant")
		}
	}
}
