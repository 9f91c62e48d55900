package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/auth"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Redirects that no authorization server sends for this sign-in are refused, and their text is
// not in the error.
func TestHostileRedirects(t *testing.T) {
	s := start(t, sandbox.WithAutoConsent())
	app := newApp(t, configOf(s, s.PublicClient()))
	address, session, _ := app.Start()
	back := authorize(t, address)
	state := parameter(t, back, "state")
	for name, query := range map[string]string{
		"empty code":          "state=" + state + "&code=",
		"state in capitals":   "state=" + strings.ToUpper(state) + "&code=s3cret",
		"state with padding":  "state=" + state + "=&code=s3cret",
		"state with space":    "state=+" + state + "&code=s3cret",
		"name in capitals":    "STATE=" + state + "&code=s3cret",
		"state as a list":     "state[]=" + state + "&code=s3cret",
		"two issuers":         "state=" + state + "&code=s3cret&iss=a&iss=b",
		"issuer with slash":   "state=" + state + "&code=s3cret&iss=" + url.QueryEscape(s.Issuer()+"/"),
		"issuer in capitals":  "state=" + state + "&code=s3cret&iss=" + url.QueryEscape(strings.ToUpper(s.Issuer())),
		"two errors":          "state=" + state + "&error=a&error=access_denied",
		"line break in code":  "state=" + state + "&code=s3cret%0d%0aHost:x",
		"NUL in error":        "state=" + state + "&error=%00s3cret",
		"error without state": "error=access_denied&error_description=s3cret",
		"implicit grant":      "state=" + state + "&access_token=s3cret",
	} {
		_, err := app.Finish(returning(t, auth.DefaultRedirectURL+"?"+query), session)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got error %v, want one without the query", name, err)
		}
		checkFailure(t, err, auth.ErrMismatch, doctor.SignInMismatch)
	}
	for name, code := range map[string]string{
		"markup": "<script>", "long": strings.Repeat("a", 5000), "JWT": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "words": "access denied",
	} {
		description := "\x1b[31mred\n" + state + " " + strings.Repeat("x", 4000)
		_, err := app.Finish(returning(t, with(t, back, url.Values{"code": nil, "error": {code}, "error_description": {description}})), session)
		refused, ok := errors.AsType[*auth.AuthorizeError](err)
		if !ok || refused.Code != "unknown_error" || len(err.Error()) > 400 || strings.ContainsAny(err.Error(), "\x1b\n<") || strings.Contains(err.Error(), state) {
			t.Errorf("%s: got error %v, want a short one on one line, without the state", name, err)
		}
		checkFailure(t, err, nil, doctor.RequestRefused)
	}
}

// Responses that are not those of a token endpoint are errors of the token request.
func TestHostileTokenEndpoints(t *testing.T) {
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}
	}
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		again  bool // the refresh token is refused
	}{
		"page":           {text(200, "<html>Sign in to the Wi-Fi</html>"), false},
		"empty":          {text(200, ""), false},
		"null token":     {text(200, `{"access_token":null}`), false},
		"list":           {text(200, `["access_token"]`), false},
		"number":         {text(200, `{"access_token":1}`), false},
		"bad lifetime":   {text(200, `{"access_token":"a","expires_in":"soon"}`), false},
		"huge":           {text(200, `{"access_token":"`+strings.Repeat("a", 1<<20)+`"}`), false},
		"error with 200": {text(200, `{"error":"invalid_grant"}`), true},
		"error with 401": {text(401, `{"error":"invalid_grant"}`), true},
		"other error":    {text(400, `{"error":"invalid_request"}`), false},
		"busy":           {text(503, ""), false},
		"rate limit":     {text(429, `{"error":"slow_down"}`), false},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/?"+r.FormValue("refresh_token"), http.StatusTemporaryRedirect)
		}, false},
		"hung up": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = fmt.Fprint(w, `{"acc`)
		}, false},
		"refresh token 12": {text(400, `{"error":"invalid_grant","refresh_token":12,"error_description":"r3fresh-token"}`), true},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.handle)
			defer server.Close()
			_, err := newApp(t, auth.Config{ClientID: "x", TokenURL: server.URL}).RefreshSource(&oauth2.Token{RefreshToken: "r3fresh-token"}, nil).Token()
			failed, ok := errors.AsType[*client.TokenError](err)
			if !ok || failed.GrantType != "refresh_token" || errors.Is(err, auth.ErrSignInAgain) != test.again {
				t.Errorf("got error %v, want a TokenError that is an ErrSignInAgain: %t", err, test.again)
			}
			checkNoSecret(t, err, "r3fresh-token")
		})
	}
}

// Connections that send nothing useful do not keep Login from its response.
func TestHostileConnections(t *testing.T) {
	app, config, _ := desk(t, "127.0.0.1", sandbox.WithAutoConsent())
	u, _ := url.Parse(config.RedirectURL)
	open := func(raw string) (net.Conn, error) {
		conn, err := net.Dial("tcp", u.Host)
		if err == nil {
			_, err = fmt.Fprint(conn, raw)
		}
		return conn, err
	}
	_, err := login(t, app, auth.Login{Open: func(_ context.Context, address string) error {
		for range 20 {
			conn, err := open("GET /authorize/?state=")
			if err != nil {
				return err
			}
			defer conn.Close()
		}
		for _, raw := range []string{
			"GET * HTTP/1.1\r\nHost: " + u.Host + "\r\n\r\n", "CONNECT " + u.Host + " HTTP/1.1\r\nHost: " + u.Host + "\r\n\r\n",
			"GET http://" + u.Host + "/authorize/?x HTTP/1.0\r\n\r\n", "GET /authorize/ HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		} {
			conn, err := open(raw)
			if err != nil {
				return err
			}
			status := make([]byte, 12)
			if _, err := conn.Read(status); err != nil || !strings.HasPrefix(string(status), "HTTP/1.") || status[9] != '4' {
				t.Errorf("%q: got %q and error %v, want a status 4xx", raw, status, err)
			}
			conn.Close()
		}
		newBrowser(t).get(authorize(t, address))
		return nil
	}})
	if err != nil {
		t.Errorf("got error %v, want none", err)
	}
}
