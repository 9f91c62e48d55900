package sandbox_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// browser requests pages, keeps cookies, and posts the forms of pages. It follows no
// redirect automatically.
type browser struct {
	testing.TB
	server *sandbox.Server
	client *http.Client
}

func newBrowser(t testing.TB, s *sandbox.Server) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, s, &http.Client{
		Jar:           jar,
		Transport:     http.DefaultTransport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is what a browser shows.
type page struct {
	status int
	header http.Header
	body   string
	action string     // of its form
	fields url.Values // of its form
}

var (
	formPattern  = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
	inputPattern = regexp.MustCompile(`<input type="(?:hidden|checkbox)" name="([^"]*)" value="([^"]*)"`)
)

func (b *browser) do(req *http.Request) page {
	b.Helper()
	rsp, err := b.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		b.Fatal(err)
	}
	p := page{status: rsp.StatusCode, header: rsp.Header, body: string(body), fields: url.Values{}}
	if found := formPattern.FindStringSubmatch(p.body); found != nil {
		p.action = html.UnescapeString(found[1])
	}
	for _, found := range inputPattern.FindAllStringSubmatch(p.body, -1) {
		p.fields.Add(html.UnescapeString(found[1]), html.UnescapeString(found[2]))
	}
	return p
}

func (b *browser) get(address string) page {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	return b.do(req)
}

// post posts the form of a page with other values for some of its fields.
func (b *browser) post(p page, values url.Values) page {
	b.Helper()
	fields := url.Values{}
	for _, from := range []url.Values{p.fields, values} {
		for name, given := range from {
			fields[name] = given
		}
	}
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.server.Issuer()+p.action, strings.NewReader(fields.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(req)
}

// signIn posts the form of the sign-in page and follows the redirect.
func (b *browser) signIn(p page, person sandbox.Person) page {
	b.Helper()
	p.shows(b, http.StatusOK, "Sign in")
	p = b.post(p, url.Values{"username": {person.Name}, "password": {person.Password}, "decision": {"login"}})
	location := p.header.Get("Location")
	if p.status != http.StatusSeeOther || !strings.HasPrefix(location, "/connect/authorize?") {
		b.Fatalf("sign-in: got status %d and Location %q, want 303 to the authorization endpoint; body %s", p.status, location, p.body)
	}
	return b.get(b.server.Issuer() + location)
}

// allow posts the form of the consent page.
func (b *browser) allow(p page) page {
	b.Helper()
	p.shows(b, http.StatusOK, "Allow access?")
	return b.post(p, url.Values{"decision": {"allow"}})
}

// shows checks the status and the heading of a page.
func (p page) shows(t testing.TB, status int, heading string) {
	t.Helper()
	if got := p.header.Get("Content-Type"); p.status != status || got != "text/html; charset=utf-8" || !strings.Contains(p.body, "<h1>"+heading+"</h1>") {
		t.Fatalf("got status %d, Content-Type %q and body %s, want %d and a page with the heading %s", p.status, got, p.body, status, heading)
	}
}

// isProblem checks that a page is an error page with an error code.
func (p page) isProblem(t testing.TB, code string) {
	t.Helper()
	p.shows(t, http.StatusBadRequest, "Request refused")
	if location := p.header.Get("Location"); location != "" || !strings.Contains(p.body, "<code>"+code+"</code>") {
		t.Fatalf("got Location %q and body %s, want an error page with the code %s", location, p.body, code)
	}
}

// returned checks that a page redirects to a URI, and returns the parameters it carries.
func (p page) returned(t testing.TB, uri string) url.Values {
	t.Helper()
	location := p.header.Get("Location")
	rest, ok := strings.CutPrefix(location, uri)
	if p.status != http.StatusFound && p.status != http.StatusSeeOther || !ok || rest == "" || !strings.ContainsRune("?&", rune(rest[0])) {
		t.Fatalf("got status %d, Location %q and body %s, want a redirect to %s", p.status, location, p.body, uri)
	}
	values, err := url.ParseQuery(rest[1:])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Values for authorization requests of the default clients. The challenge belongs to the
// verifier.
const (
	loopbackURI = "http://127.0.0.1:8111/authorize/"
	verifier    = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge   = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// authorizeURL returns the URL of an authorization request of the default public client
// with other values for some parameters. An empty value removes a parameter.
func authorizeURL(s *sandbox.Server, change url.Values) string {
	query := url.Values{
		"client_id": {s.PublicClient().ID}, "redirect_uri": {loopbackURI}, "response_type": {"code"},
		"scope": {"read:owneraccounts offline_access"}, "state": {"some state"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for name, values := range change {
		query[name] = values
		if len(values) == 1 && values[0] == "" {
			query.Del(name)
		}
	}
	return s.AuthorizeURL() + "?" + query.Encode()
}

// tokenResponse is the body of a response of the token endpoint.
type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	Scope        string
	Error        string
	Description  string `json:"error_description"`
}

// requestTokens posts a form to the token endpoint and checks the error, or that there is
// none if it is empty.
func requestTokens(t testing.TB, s *sandbox.Server, basic string, form url.Values, wantError string) tokenResponse {
	t.Helper()
	got := tokenRequest(t, s, basic, form.Encode())
	status := http.StatusOK
	if wantError != "" {
		status = http.StatusBadRequest
	}
	var body tokenResponse
	got.want(t, status).decode(t, &body)
	if body.Error != wantError || (body.AccessToken == "") != (wantError != "") {
		t.Fatalf("got %s, want error %q", got.body, wantError)
	}
	return body
}

// newCode returns a new authorization code for the default public client.
func newCode(t testing.TB, s *sandbox.Server, change url.Values) string {
	t.Helper()
	b := newBrowser(t, s)
	p := b.allow(b.signIn(b.get(authorizeURL(s, change)), s.Person()))
	uri := loopbackURI
	if changed := change.Get("redirect_uri"); changed != "" {
		uri = changed
	}
	return p.returned(t, uri).Get("code")
}

// codeForm returns the token request for a code, with other values for some parameters. An
// empty value removes a parameter.
func codeForm(s *sandbox.Server, code string, change url.Values) url.Values {
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {s.PublicClient().ID}, "redirect_uri": {loopbackURI},
		"code": {code}, "code_verifier": {verifier},
	}
	for name, values := range change {
		form[name] = values
		if len(values) == 1 && values[0] == "" {
			form.Del(name)
		}
	}
	return form
}

// postForm posts a form as a client would.
func postForm(t testing.TB, address string, form url.Values) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(t, http.DefaultClient, req)
}
