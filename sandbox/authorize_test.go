package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A request that may not come from the client is an error page, even if the person is
// signed in. It redirects nowhere and shows nothing of the request.
func TestInvalidAuthorizationRequestsAreErrorPages(t *testing.T) {
	const registered = "https://app.example/cb?x=1"
	s := start(t,
		sandbox.WithClient(sandbox.Client{ID: "strict", Secret: "x", RequirePKCE: true, RedirectURIs: []string{loopbackURI}}),
		sandbox.WithClient(sandbox.Client{ID: "few", Public: true, Scopes: []string{"read:owneraccounts"}, RedirectURIs: []string{registered}}))
	b := newBrowser(t, s)
	b.signIn(b.get(authorizeURL(s, nil)), s.Person())
	for _, test := range []struct {
		name   string
		change url.Values
		want   string
	}{
		{"no client", url.Values{"client_id": {""}}, "unauthorized_client"},
		{"unknown client", url.Values{"client_id": {"<script>alert(1)</script>"}}, "unauthorized_client"},
		{"client in capitals", url.Values{"client_id": {"Tapkey-Sandbox-App"}}, "unauthorized_client"},
		{"client without redirect URIs", url.Values{"client_id": {s.ClientID()}}, "invalid_request"},
		{"no redirect URI", url.Values{"redirect_uri": {""}}, "invalid_request"},
		{"redirect URI without the slash", url.Values{"redirect_uri": {"http://127.0.0.1:8111/authorize"}}, "invalid_request"},
		{"redirect URI with a longer path", url.Values{"redirect_uri": {loopbackURI + "x"}}, "invalid_request"},
		{"redirect URI with a query", url.Values{"redirect_uri": {loopbackURI + "?a=b"}}, "invalid_request"},
		{"redirect URI with a fragment", url.Values{"redirect_uri": {loopbackURI + "#a"}}, "invalid_request"},
		{"redirect URI with another port", url.Values{"redirect_uri": {"http://127.0.0.1:8112/authorize/"}}, "invalid_request"},
		{"redirect URI with another scheme", url.Values{"redirect_uri": {"https://127.0.0.1:8111/authorize/"}}, "invalid_request"},
		{"redirect URI with a user", url.Values{"redirect_uri": {"http://127.0.0.1:8111@evil.example/authorize/"}}, "invalid_request"},
		{"redirect URI with a path segment", url.Values{"redirect_uri": {"http://127.0.0.1:8111/x/../authorize/"}}, "invalid_request"},
		{"redirect URI with an encoded character", url.Values{"redirect_uri": {"http://127.0.0.1:8111/%61uthorize/"}}, "invalid_request"},
		{"redirect URI with a line break", url.Values{"redirect_uri": {loopbackURI + "\r\nSet-Cookie: a=b"}}, "invalid_request"},
		{"redirect URI of another site", url.Values{"redirect_uri": {"https://evil.example/"}}, "invalid_request"},
		{"redirect URI without a scheme", url.Values{"redirect_uri": {"//evil.example/"}}, "invalid_request"},
		{"script as redirect URI", url.Values{"redirect_uri": {"javascript:alert(1)"}}, "invalid_request"},
		{"redirect URI of another client", url.Values{"redirect_uri": {registered}}, "invalid_request"},
		{"no response type", url.Values{"response_type": {""}}, "unsupported_response_type"},
		{"implicit", url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		{"hybrid", url.Values{"response_type": {"code id_token"}}, "unsupported_response_type"},
		{"fragment", url.Values{"response_mode": {"fragment"}}, "invalid_request"},
		{"no scope", url.Values{"scope": {""}}, "invalid_request"},
		{"blank scope", url.Values{"scope": {" "}}, "invalid_request"},
		{"unknown scope", url.Values{"scope": {"read:owneraccounts manage:contacts"}}, "invalid_scope"},
		{"scopes separated by commas", url.Values{"scope": {"read:owneraccounts,read:grants"}}, "invalid_scope"},
		{"scope of others", url.Values{"client_id": {"few"}, "redirect_uri": {registered}}, "invalid_scope"},
		{"no challenge", url.Values{"code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		{"no challenge but a method", url.Values{"code_challenge": {""}}, "invalid_request"},
		{"no challenge where it is required", url.Values{"client_id": {"strict"}, "code_challenge": {""}, "code_challenge_method": {""}}, "invalid_request"},
		{"method plain", url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		{"no method", url.Values{"code_challenge_method": {""}}, "invalid_request"},
		{"method in small letters", url.Values{"code_challenge_method": {"s256"}}, "invalid_request"},
		{"short challenge", url.Values{"code_challenge": {challenge[1:]}}, "invalid_request"},
		{"padded challenge", url.Values{"code_challenge": {challenge + "="}}, "invalid_request"},
		{"challenge in base64", url.Values{"code_challenge": {strings.ReplaceAll(challenge, "-", "+")}}, "invalid_request"},
		{"unknown prompt", url.Values{"prompt": {"create"}}, "invalid_request"},
		{"prompt none and login", url.Values{"prompt": {"none login"}}, "invalid_request"},
		{"negative age", url.Values{"max_age": {"-1"}}, "invalid_request"},
		{"request object", url.Values{"request": {"x.y.z"}}, "request_not_supported"},
		{"request by reference", url.Values{"request_uri": {"https://evil.example/"}}, "request_not_supported"},
		{"client twice", url.Values{"client_id": {s.PublicClient().ID, s.PublicClient().ID}}, "invalid_request"},
		{"redirect URI twice", url.Values{"redirect_uri": {loopbackURI, "https://evil.example/"}}, "invalid_request"},
		{"state twice", url.Values{"state": {"a", "b"}}, "invalid_request"},
		{"unknown parameter twice", url.Values{"x": {"a", "b"}}, "invalid_request"},
		{"huge state", url.Values{"state": {strings.Repeat("x", 4001)}}, "invalid_request"},
		{"huge client", url.Values{"client_id": {strings.Repeat("x", 500_000)}}, "invalid_request"},
		{"state with a line break", url.Values{"state": {"a\r\nSet-Cookie: a=b"}}, "invalid_request"},
		{"state with a zero byte", url.Values{"state": {"a\x00b"}}, "invalid_request"},
		{"state that is not UTF-8", url.Values{"state": {"\xff"}}, "invalid_request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := b.get(authorizeURL(s, test.change))
			p.isProblem(t, test.want)
			for _, shown := range []string{"evil", "<script", "some state", "example"} {
				if strings.Contains(p.body, shown) {
					t.Errorf("got a page with %q of the request, want none of it: %s", shown, p.body)
				}
			}
		})
	}
	for name, query := range map[string]string{"malformed": "client_id=%zz", "semicolon": "client_id=a;redirect_uri=b", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			p := b.get(s.AuthorizeURL() + "?" + query)
			if p.status != http.StatusBadRequest || p.header.Get("Location") != "" {
				t.Errorf("got status %d and Location %q, want 400 and none", p.status, p.header.Get("Location"))
			}
		})
	}
	send(t, "PUT", s.AuthorizeURL(), "", "{}").code(t, http.StatusMethodNotAllowed, "MethodNotAllowed")
	send(t, "POST", s.AuthorizeURL(), "", "{}").code(t, http.StatusUnsupportedMediaType, "UnsupportedMediaType")
}

// Parameters of the response are encoded, in both response modes, whatever the state is.
func TestResponsesCarryAnyState(t *testing.T) {
	const withQuery = "https://app.example/cb?x=1"
	client := sandbox.Client{ID: "app", Public: true, RedirectURIs: []string{withQuery, "net.tpky.demoapp.appauth://redirect", "http://[::1]:8111/"}}
	s := start(t, sandbox.WithAutoConsent(), sandbox.WithClient(client))
	b := newBrowser(t, s)
	for _, state := range []string{"a b+c&d=e#f%25", `"><script>alert(1)</script>`, "ü/✓", "&code=x&iss=y", "{{.}}", strings.Repeat("x", 4000), "=", " a "} {
		for _, uri := range client.RedirectURIs {
			change := url.Values{"client_id": {client.ID}, "redirect_uri": {uri}, "state": {state}}
			got := b.get(authorizeURL(s, change)).returned(t, uri)
			if !slices.Equal(got["state"], []string{state}) || len(got["code"]) != 1 {
				t.Errorf("query: got %v, want the state %q and one code", got, state)
			}
			change.Set("response_mode", "form_post")
			p := b.get(authorizeURL(s, change))
			p.shows(t, http.StatusOK, "Back to the application")
			if !slices.Equal(p.fields["state"], []string{state}) || p.fields.Get("code") == "" || p.action != uri {
				t.Errorf("form_post: got %v to %s, want the state %q to %s", p.fields, p.action, state, uri)
			}
		}
	}
	without := b.get(authorizeURL(s, url.Values{"state": {""}})).returned(t, loopbackURI)
	if without.Has("state") {
		t.Errorf("without state: got %v, want none", without)
	}
}

// The person may decline on both pages, and may grant fewer scopes.
func TestPersonDeclines(t *testing.T) {
	s := start(t)
	for _, mode := range []string{"query", "form_post"} {
		result := func(p page) url.Values {
			if mode == "form_post" {
				p.shows(t, http.StatusOK, "Back to the application")
				return p.fields
			}
			return p.returned(t, loopbackURI)
		}
		b := newBrowser(t, s)
		login := b.get(authorizeURL(s, url.Values{"response_mode": {mode}}))
		declined := []url.Values{result(b.post(login, url.Values{"decision": {"cancel"}}))}
		consent := b.signIn(login, s.Person())
		for _, decision := range []string{"decline", ""} {
			declined = append(declined, result(b.post(consent, url.Values{"decision": {decision}})))
		}
		for _, got := range declined {
			want(t, []any{got.Get("error"), got.Get("state"), got.Get("iss"), got.Has("code")}, fmt.Sprintf(`["access_denied","some state",%q,false]`, s.Issuer()))
		}
		b.post(consent, url.Values{"decision": {"allow"}, "scope": nil}).shows(t, http.StatusBadRequest, "Allow access?")
		fewer := result(b.post(consent, url.Values{"decision": {"allow"}, "scope": {"read:owneraccounts", "write:grants"}}))
		want(t, fewer.Get("scope"), `"read:owneraccounts"`)
		tokens := requestTokens(t, s, "", codeForm(s, fewer.Get("code"), nil), "")
		want(t, []any{tokens.Scope, tokens.RefreshToken}, `["read:owneraccounts",""]`)
		b.get(authorizeURL(s, nil)).shows(t, http.StatusOK, "Allow access?") // not granted so far
	}
}

func TestPrompt(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	get := func(change url.Values) page { return b.get(authorizeURL(s, change)) }
	prompt := func(value string) page { return get(url.Values{"prompt": {value}}) }

	want(t, prompt("none").returned(t, loopbackURI).Get("error"), `"login_required"`)
	consent := b.signIn(prompt("select_account"), s.Person())
	want(t, prompt("none").returned(t, loopbackURI).Get("error"), `"consent_required"`)
	b.allow(consent).returned(t, loopbackURI)
	if got := prompt("none").returned(t, loopbackURI); got.Get("code") == "" {
		t.Errorf("prompt=none: got %v, want a code", got)
	}
	want(t, get(url.Values{"prompt": {"none"}, "scope": {"read:grants"}}).returned(t, loopbackURI).Get("error"), `"consent_required"`)
	b.allow(prompt("consent")).returned(t, loopbackURI)
	b.signIn(prompt("login"), s.Person()).returned(t, loopbackURI)
	b.allow(b.signIn(prompt("login consent"), s.Person())).returned(t, loopbackURI)

	s.AdvanceTime(time.Minute)
	get(url.Values{"max_age": {"3600"}}).returned(t, loopbackURI)
	want(t, get(url.Values{"max_age": {"30"}, "prompt": {"none"}}).returned(t, loopbackURI).Get("error"), `"login_required"`)
	b.signIn(get(url.Values{"max_age": {"30"}}), s.Person()).returned(t, loopbackURI)

	s.AdvanceTime(10*time.Hour + time.Second) // the lifetime of a session
	prompt("").shows(t, http.StatusOK, "Sign in")
}

// WithAutoConsent signs in the person that login_hint names.
func TestAutoConsent(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent(),
		sandbox.WithPerson(sandbox.Person{Name: "first@example.com", Password: "1", Owns: []string{"Home"}}),
		sandbox.WithPerson(sandbox.Person{Name: "second@example.com", Password: "2", Administers: []string{"Holiday Flat", "Home"}}))
	for hint, expected := range map[string]string{"": `["Home"]`, "second@example.com": `["Home","Holiday Flat"]`, "nobody@example.com": `["Home"]`} {
		p := newBrowser(t, s).get(authorizeURL(s, url.Values{"login_hint": {hint}, "prompt": {"login"}}))
		tokens := requestTokens(t, s, "", codeForm(s, p.returned(t, loopbackURI).Get("code"), nil), "")
		var names []any
		for _, owner := range (caller{t, s, tokens.AccessToken}).list("/Owners") {
			names = append(names, owner["name"])
		}
		want(t, names, expected)
	}
	want(t, s.Person().Password, `"1"`)
}
