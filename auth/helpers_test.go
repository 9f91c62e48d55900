package auth_test

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func start(t testing.TB, opts ...sandbox.Option) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newApp(t testing.TB, config auth.Config) *auth.App {
	t.Helper()
	app, err := auth.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// newClient returns a client of the sandbox with a token source.
func newClient(t testing.TB, s *sandbox.Server, source oauth2.TokenSource) *client.Client {
	t.Helper()
	c, err := client.New(client.WithBaseURL(s.BaseURL()), client.WithTokenSource(source))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// browser follows links and posts forms. It does not follow redirects automatically.
type browser struct {
	testing.TB
	http *http.Client
}

func newBrowser(t testing.TB) browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type webPage struct {
	status   int
	header   http.Header
	body     string
	location string // where it redirects to
}

func (b browser) do(req *http.Request) webPage {
	b.Helper()
	rsp, err := b.http.Do(req)
	if err != nil {
		b.Error(err)
		return webPage{}
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		b.Error(err)
	}
	return webPage{rsp.StatusCode, rsp.Header, string(body), rsp.Header.Get("Location")}
}

func (b browser) get(address string) webPage {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Error(err)
		return webPage{}
	}
	return b.do(req)
}

func (b browser) post(address string, form url.Values) webPage {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.Error(err)
		return webPage{}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

var (
	action = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	input  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// fields returns the action and the hidden fields of the form on a page.
func (p webPage) fields(t testing.TB) (to string, fields url.Values) {
	t.Helper()
	found := action.FindStringSubmatch(p.body)
	if found == nil {
		t.Fatalf("status %d: no form in %s", p.status, p.body)
	}
	fields = url.Values{}
	for _, f := range input.FindAllStringSubmatch(p.body, -1) {
		fields.Set(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	return html.UnescapeString(found[1]), fields
}

// authorize opens an authorize URL of a sandbox with automatic consent, and returns where the
// browser is sent.
func authorize(t testing.TB, authorizeURL string) string {
	t.Helper()
	p := newBrowser(t).get(authorizeURL)
	if p.location == "" {
		t.Fatalf("authorize: got status %d, body %s, want a redirect", p.status, p.body)
	}
	return p.location
}

// returning returns the request that a browser sends to an address.
func returning(t testing.TB, address string) *http.Request {
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
}

// signIn signs the default person in and returns the token.
func signIn(t testing.TB, app *auth.App) *oauth2.Token {
	t.Helper()
	address, session, err := app.Start()
	if err != nil {
		t.Fatal(err)
	}
	token, err := app.Finish(returning(t, authorize(t, address)), session)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// checkFailure checks that err matches target, that the doctor names the cause, and that no
// secret is in any text.
func checkFailure(t testing.TB, err, target error, id doctor.ID, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Error("got no error, want one")
		return
	}
	if target != nil && !errors.Is(err, target) {
		t.Errorf("got error %v, want %v", err, target)
	}
	found := doctor.Explain(err)
	if len(found) == 0 || found[0].ID != id {
		t.Errorf("the doctor finds %v for %v, want %s", found, err, id)
	}
	for _, secret := range secrets {
		if text := fmt.Sprintf("%v %+v %#v %v", err, err, err, found); secret != "" && strings.Contains(text, secret) {
			t.Errorf("got the text %s with the secret %s, want none", text, secret)
		}
	}
}

// parameter returns a parameter in the query of a URL.
func parameter(t testing.TB, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get(name)
}

// with returns a URL with changed parameters. An empty value removes one.
func with(t testing.TB, address string, change url.Values) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	for name, values := range change {
		query[name] = values
		if len(values) == 0 {
			query.Del(name)
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}
