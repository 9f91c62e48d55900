package sandbox_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Name and password must be right. The page shows the name again, escaped, and not the
// password.
func TestWrongPassword(t *testing.T) {
	s := start(t, sandbox.WithPerson(sandbox.Person{Name: "a@example.com", Password: "secret-1"}), sandbox.WithPerson(sandbox.Person{Name: "b@example.com", Password: "secret-2"}))
	b := newBrowser(t, s)
	login := b.get(authorizeURL(s, url.Values{"login_hint": {`"><script>`}}))
	if strings.Contains(login.body, "<script>") || !strings.Contains(login.body, `value="&#34;&gt;&lt;script&gt;"`) {
		t.Errorf("login_hint: got %s, want it escaped", login.body)
	}
	for name, password := range map[string]string{"a@example.com": "secret-2", "b@example.com": "", "": "", "x@example.com": "", "A@example.com": "secret-1", "a@example.com ": "secret-1"} {
		p := b.post(login, url.Values{"username": {name}, "password": {password}, "decision": {"login"}})
		p.shows(t, http.StatusBadRequest, "Sign in")
		if !strings.Contains(p.body, `name="username" value="`+name+`"`) || !strings.Contains(p.body, `role="alert"`) || password != "" && strings.Contains(p.body, password) || p.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: got cookie %q and %s, want an alert, the name, no cookie and no password", name, p.header.Get("Set-Cookie"), p.body)
		}
	}
	p := b.post(login, url.Values{"username": {"b@example.com"}, "password": {"secret-2"}})
	b.get(s.Issuer()+p.header.Get("Location")).shows(t, http.StatusOK, "Allow access?")
}

// A form is accepted only from the browser, the session, the page and the request that it
// was sent for.
func TestForgedForms(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	login := b.get(authorizeURL(s, nil))
	person := url.Values{"username": {s.Person().Name}, "password": {s.Person().Password}, "decision": {"login"}}
	request := func(change url.Values) string {
		_, query, _ := strings.Cut(authorizeURL(s, change), "?")
		return query
	}
	other := newBrowser(t, s)
	forged := func(name string, from *browser, p page, values url.Values) {
		t.Helper()
		got := from.post(p, values)
		if got.status != http.StatusBadRequest || !strings.Contains(got.body, "was not sent from a page") || got.header.Get("Location") != "" {
			t.Errorf("%s: got status %d, Location %q and %s, want an error page", name, got.status, got.header.Get("Location"), got.body)
		}
		for _, cookie := range got.header["Set-Cookie"] {
			t.Errorf("%s: got cookie %s, want none", name, cookie)
		}
	}
	with := func(name, value string) url.Values {
		values := url.Values{name: {value}}
		for name, given := range person {
			values[name] = given
		}
		return values
	}
	forged("no token", b, login, with("token", ""))
	forged("wrong token", b, login, with("token", login.fields.Get("token")+"x"))
	forged("no cookie", other, login, person)
	other.get(authorizeURL(s, nil))
	forged("other browser", other, login, person)
	forged("other request", b, login, with("request", request(url.Values{"state": {"x"}})))
	forged("no request", b, login, with("request", ""))
	forged("cancel", other, login, url.Values{"decision": {"cancel"}})

	consent := b.signIn(login, s.Person())
	allow := url.Values{"decision": {"allow"}}
	wrongPage := consent
	wrongPage.fields = login.fields
	forged("token of the sign-in page", b, wrongPage, allow)
	signOut := b.get(s.Issuer() + "/connect/endsession?" + request(nil))
	wrongPage.fields = url.Values{"token": signOut.fields["token"], "request": signOut.fields["request"], "scope": {"read:owneraccounts"}}
	want(t, signOut.fields.Get("request") == consent.fields.Get("request"), `true`)
	forged("token of the page to sign out", b, wrongPage, allow)
	forged("other scopes", b, consent, url.Values{"decision": {"allow"}, "request": {request(url.Values{"scope": {"write:grants"}})}, "scope": {"write:grants"}})
	other.signIn(other.get(authorizeURL(s, nil)), s.Person())
	forged("other session", other, consent, allow)
	again := b.get(authorizeURL(s, url.Values{"prompt": {"login"}}))
	b.signIn(again, s.Person())
	forged("earlier session", b, consent, allow)
	for _, path := range []string{"/account/login", "/consent", "/account/logout"} {
		send(t, "GET", s.Issuer()+path, "", "").code(t, http.StatusMethodNotAllowed, "MethodNotAllowed")
		send(t, "POST", s.Issuer()+path, "", "{}").code(t, http.StatusUnsupportedMediaType, "UnsupportedMediaType")
	}
}

// Signing in begins a new session: a session id that somebody else knows is of no use.
func TestSessionCookies(t *testing.T) {
	for name, opts := range map[string][]sandbox.Option{"http": nil, "https": {sandbox.WithTLS()}} {
		t.Run(name, func(t *testing.T) {
			s := start(t, opts...)
			b := newBrowser(t, s)
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CertPool()}}
			defer transport.CloseIdleConnections()
			b.client.Transport = transport
			login := b.get(authorizeURL(s, nil))
			cookies := login.header["Set-Cookie"]
			p := b.post(login, url.Values{"username": {s.Person().Name}, "password": {s.Person().Password}, "decision": {"login"}})
			cookies = append(cookies, p.header["Set-Cookie"]...)
			if len(cookies) != 2 {
				t.Fatalf("got cookies %q, want two", cookies)
			}
			for _, cookie := range cookies {
				for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
					if !strings.Contains(cookie, "; "+attribute) {
						t.Errorf("got cookie %s, want the attribute %s", cookie, attribute)
					}
				}
				if secure := strings.Contains(cookie, "; Secure"); secure != (name == "https") {
					t.Errorf("got cookie %s, want Secure %t", cookie, name == "https")
				}
				if strings.Contains(cookie, "Domain") || strings.Contains(cookie, "Expires") {
					t.Errorf("got cookie %s, want one of this host until the browser ends", cookie)
				}
			}
			second := b.post(b.get(authorizeURL(s, url.Values{"prompt": {"login"}})), url.Values{"username": {s.Person().Name}, "password": {s.Person().Password}, "decision": {"login"}})
			if got := second.header.Get("Set-Cookie"); got == "" || got == cookies[1] {
				t.Errorf("second sign-in: got cookie %s, want another one than %s", got, cookies[1])
			}
			old := newBrowser(t, s)
			old.client.Transport = transport
			req, err := http.NewRequest("GET", authorizeURL(s, nil), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Cookie", cookies[1])
			old.do(req).shows(t, http.StatusOK, "Sign in") // the earlier session has ended
		})
	}
}

// inlinePattern finds styles and scripts in a page.
var inlinePattern = regexp.MustCompile(`(?s)<(?:style|script)>(.*?)</`)

// Pages load nothing, cannot be framed, are not cached, and run no script but their own.
func TestPagesAreLockedDown(t *testing.T) {
	s := start(t)
	b := newBrowser(t, s)
	login := b.get(authorizeURL(s, nil))
	consent := b.signIn(login, s.Person())
	pages := map[string]page{
		"login": login, "consent": consent, "problem": b.get(s.AuthorizeURL()),
		"form_post": b.allow(b.get(authorizeURL(s, url.Values{"response_mode": {"form_post"}}))),
		"logout":    b.get(s.Issuer() + "/connect/endsession"),
	}
	for name, p := range pages {
		policy := p.header.Get("Content-Security-Policy")
		for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'sha256-"} {
			if !strings.Contains(policy, directive) {
				t.Errorf("%s: got Content-Security-Policy %s, want %s", name, policy, directive)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") != (name == "form_post") {
			t.Errorf("%s: got Content-Security-Policy %s, want script-src for form_post only, and nothing unsafe", name, policy)
		}
		for header, value := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store, no-cache, max-age=0"} {
			if got := p.header.Get(header); got != value {
				t.Errorf("%s: got %s %q, want %q", name, header, got, value)
			}
		}
		for _, external := range []string{"src=", "<link", "@import", "url(", "//"} {
			if strings.Contains(strings.ReplaceAll(p.body, loopbackURI, ""), external) && (external != "//" || name != "form_post") {
				t.Errorf("%s: got %q in the page, want none: %s", name, external, p.body)
			}
		}
		for _, inline := range inlinePattern.FindAllStringSubmatch(p.body, -1) {
			hash := sha256.Sum256([]byte(inline[1]))
			if source := "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"; !strings.Contains(policy, source) {
				t.Errorf("%s: got Content-Security-Policy %s, want the hash %s of %s", name, policy, source, inline[1])
			}
		}
		for _, needed := range []string{`<html lang="en">`, "<title>", "<main>", "<h1>", `name="viewport"`} {
			if strings.Count(p.body, needed) != 1 {
				t.Errorf("%s: got %d of %s, want one", name, strings.Count(p.body, needed), needed)
			}
		}
	}
}

// Only URIs that a browser may be sent to are registered.
func TestRegisteredURIs(t *testing.T) {
	for uri, valid := range map[string]bool{
		"https://app.example/cb": true, "http://localhost:1/": true, "http://[::1]:1/": true, "net.tpky.demoapp.appauth://redirect": true, "com.example.app:/cb": true,
		"": false, "/cb": false, "//app.example/": false, "javascript:alert(1)": false, "data:text/html,x": false, "app://cb": false, "https:///cb": false,
		"https://a@b/": false, "https://app.example/#x": false, "https://app.example/a b": false, "https://a;b/": false, "https://a/\r\n": false, "https://ä.example/": false, "https://a'b/": false,
	} {
		for _, client := range []sandbox.Client{{ID: "x", Public: true, RedirectURIs: []string{uri}}, {ID: "x", Public: true, PostLogoutURIs: []string{uri}}} {
			s, err := sandbox.Start(sandbox.WithClient(client))
			if err == nil {
				s.Close()
			}
			if (err == nil) != valid {
				t.Errorf("Start with URI %q: got error %v, want valid %t", uri, err, valid)
			}
		}
	}
	for _, bad := range []sandbox.Option{
		sandbox.WithClient(sandbox.Client{ID: "x", Public: true, Secret: "x"}),
		sandbox.WithPerson(sandbox.Person{Name: "x"}),
		sandbox.WithPerson(sandbox.Person{Password: "x"}),
		sandbox.WithPerson(sandbox.Person{Name: "x", Password: "x", Owns: []string{"Nowhere"}}),
	} {
		if s, err := sandbox.Start(bad); err == nil {
			s.Close()
			t.Error("Start with an invalid client or person: got no error, want one")
		}
	}
}
