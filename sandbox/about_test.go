package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// The requests of a health check and of a reader of the documentation need no token, and are
// neither recorded nor faulty.
func TestPathsAboutTheSandbox(t *testing.T) {
	s := start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault503}))
	for path, expected := range map[string]struct{ contentType, contains string }{
		"/healthz":      {"text/plain; charset=utf-8", "ok\n"},
		"/openapi.yaml": {"application/yaml", "openapi: 3.0.3\n"},
		"/docs":         {"text/html; charset=utf-8", "listBoundLockLogEntries"},
		"/docs/":        {"text/html; charset=utf-8", "listBoundLockLogEntries"},
	} {
		got := send(t, "GET", s.Issuer()+path, "", "")
		if contentType := got.header.Get("Content-Type"); got.status != http.StatusOK || contentType != expected.contentType || !strings.Contains(string(got.body), expected.contains) {
			t.Errorf("GET %s: got status %d, Content-Type %q and body %.100s, want 200, %q and %q", path, got.status, contentType, got.body, expected.contentType, expected.contains)
		}
		if head := send(t, "HEAD", s.Issuer()+path, "", ""); head.status != http.StatusOK || len(head.body) != 0 {
			t.Errorf("HEAD %s: got status %d and %d bytes, want 200 and none", path, head.status, len(head.body))
		}
		post := send(t, "POST", s.Issuer()+path, "", "{}").want(t, http.StatusMethodNotAllowed)
		if allow := post.header.Get("Allow"); allow != "GET, HEAD" {
			t.Errorf("POST %s: got Allow %q, want GET, HEAD", path, allow)
		}
	}
	for _, path := range []string{"/", "/healthz/", "/docs/x", "/docs/../docs/x", "/openapi.yml", "/openapi.yaml/"} {
		send(t, "GET", s.Issuer()+path, "", "").want(t, http.StatusNotFound)
	}
	if recorded := len(s.Requests()); recorded != 6 {
		t.Errorf("recorded %d requests, want the 6 to unknown paths", recorded)
	}
}

// The page lists every operation, and allows a browser to load nothing from other hosts.
func TestDocsPage(t *testing.T) {
	s := start(t)
	got := send(t, "GET", s.Issuer()+"/docs", "", "")
	for _, op := range tapkey.Operations() {
		if !strings.Contains(string(got.body), "<dd>"+op.ID) {
			t.Errorf("/docs has no %s", op.ID)
		}
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "//") || strings.Contains(policy, "*") {
		t.Errorf("got Content-Security-Policy %q, want default-src 'none' and no other host", policy)
	}
	if strings.Contains(string(got.body), "//") {
		t.Errorf("/docs has the URL of another host:\n%s", got.body)
	}
}

// The contract that the sandbox serves has the URLs of the sandbox only.
func TestServedContract(t *testing.T) {
	s := start(t)
	document := string(send(t, "GET", s.Issuer()+"/openapi.yaml", "", "").body)
	for _, wanted := range []string{
		"\nservers:\n  - url: " + s.BaseURL() + "\n    description: This sandbox\n\n",
		"\n          authorizationUrl: " + s.AuthorizeURL() + "\n",
		"\n          tokenUrl: " + s.TokenURL() + "\n",
	} {
		if !strings.Contains(document, wanted) {
			t.Errorf("got no %q in the contract, want it", wanted)
		}
	}
	for _, other := range []string{"//my.tapkey.com", "//login.tapkey.com", "//my.sandbox.tapkey.io", "//login.sandbox.tapkey.io"} {
		if strings.Contains(document, other) {
			t.Errorf("the contract has a URL with %s, want only URLs of the sandbox", other)
		}
	}
}

// Behind a mapped port, all URLs are those that the client has requested.
func TestURLsBehindAMappedPort(t *testing.T) {
	s := start(t, sandbox.WithAddr(":0"), sandbox.WithNonLoopback(), sandbox.WithControl())
	at := func(method, host, path, authorization, body string) response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.Issuer()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		if body != "" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		return do(t, http.DefaultClient, req)
	}
	for host, origin := range map[string]string{
		"127.0.0.1:32768": "http://127.0.0.1:32768",
		"tapkey:8080":     "http://tapkey:8080",
		"sandbox.test":    "http://sandbox.test",
		"[::1]:8080":      "http://[::1]:8080",
		"a,b":             s.Issuer(),
		"a'b:80":          s.Issuer(),
		"host:123456":     s.Issuer(),
		"user:pw":         s.Issuer(),
		"$(x):80":         s.Issuer(),
	} {
		var discovery map[string]any
		at("GET", host, "/.well-known/openid-configuration", "", "").want(t, http.StatusOK).decode(t, &discovery)
		if got := []any{discovery["issuer"], discovery["token_endpoint"]}; got[0] != origin || got[1] != origin+"/connect/token" {
			t.Errorf("Host %s: got issuer and token endpoint %v, want those of %s", host, got, origin)
		}
		var control map[string]any
		at("GET", host, "/_sandbox/", "", "").want(t, http.StatusOK).decode(t, &control)
		if control["baseUrl"] != origin+"/api/v1" {
			t.Errorf("Host %s: got base URL %v, want that of %s", host, control["baseUrl"], origin)
		}
		if contract := at("GET", host, "/openapi.yaml", "", "").body; !strings.Contains(string(contract), "  - url: "+origin+"/api/v1\n") {
			t.Errorf("Host %s: the contract has no server %s/api/v1", host, origin)
		}
	}
	// A token has the issuer of the request, and is valid at every name of the sandbox.
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}}
	var body struct {
		AccessToken string `json:"access_token"`
	}
	at("POST", "tapkey:8080", "/connect/token", "", form.Encode()).want(t, http.StatusOK).decode(t, &body)
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(body.AccessToken, &claims); err != nil || claims.Issuer != "http://tapkey:8080" {
		t.Errorf("got issuer %q, error %v, want http://tapkey:8080", claims.Issuer, err)
	}
	at("GET", "127.0.0.1:32768", "/api/v1/Owners", "Bearer "+body.AccessToken, "").want(t, http.StatusOK)
}

// On loopback, the URLs do not depend on what a client sends.
func TestURLsOnLoopback(t *testing.T) {
	s := start(t)
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.Issuer()+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "example.com"
	var discovery map[string]any
	do(t, http.DefaultClient, req).want(t, http.StatusOK).decode(t, &discovery)
	if discovery["issuer"] != s.Issuer() {
		t.Errorf("got issuer %v, want %s", discovery["issuer"], s.Issuer())
	}
}
