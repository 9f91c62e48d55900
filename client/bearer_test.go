package client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

func static(token string) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
}

func newRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestBearerAuthAddsThePrefix(t *testing.T) {
	for _, url := range []string{"https://my.tapkey.com/", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost/"} {
		req := newRequest(t, url)
		if err := client.BearerAuth(static("abc.DEF-1_~+/=="))(t.Context(), req); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		if got := req.Header["Authorization"]; len(got) != 1 || got[0] != "Bearer abc.DEF-1_~+/==" {
			t.Errorf("%s: Authorization is %q", url, got)
		}
	}
}

func TestBearerAuthRefusesTokens(t *testing.T) {
	for token, want := range map[string]string{
		"":              "token: empty",
		" ":             "does not allow",
		"a b":           "does not allow",
		"a\"b":          "does not allow",
		"'a'":           "does not allow",
		"a\nb":          "does not allow",
		"a\x00b":        "does not allow",
		"tokén":         "does not allow",
		"=":             "does not allow",
		"a=b":           "does not allow",
		"Bearer abc":    `begins with "Bearer "`,
		"bearer abc":    `begins with "Bearer "`,
		"abc\r\nX: y":   "does not allow",
		" abc":          "does not allow",
		"access_token:": "does not allow",
	} {
		req := newRequest(t, "https://my.tapkey.com/")
		err := client.BearerAuth(static(token))(t.Context(), req)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("token %q: %v, want %q in it", token, err, want)
		}
		if len(token) > 4 && err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("token %q is in the error: %v", token, err)
		}
		if _, set := req.Header["Authorization"]; set {
			t.Errorf("token %q: the header was set", token)
		}
	}
}

func TestBearerAuthRefusesOtherTypes(t *testing.T) {
	req := newRequest(t, "https://my.tapkey.com/")
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "abc", TokenType: "DPoP"})
	if err := client.BearerAuth(source)(t.Context(), req); err == nil || !strings.Contains(err.Error(), `"DPoP"`) {
		t.Errorf("got %v", err)
	}
	source = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "abc", TokenType: "bearer"})
	if err := client.BearerAuth(source)(t.Context(), req); err != nil || req.Header.Get("Authorization") != "Bearer abc" {
		t.Errorf("got %v, %q", err, req.Header)
	}
}

func TestBearerAuthRefusesPlainHTTP(t *testing.T) {
	for _, url := range []string{"http://my.tapkey.com/", "http://127.0.0.1.example/", "http://localhost.example/", "ftp://localhost/"} {
		req := newRequest(t, url)
		if err := client.BearerAuth(static("abc"))(t.Context(), req); err == nil || len(req.Header) != 0 {
			t.Errorf("%s: %v, header %v", url, err, req.Header)
		}
	}
}

func TestBearerAuthLeavesTheCallersHeader(t *testing.T) {
	req := newRequest(t, "https://my.tapkey.com/")
	req.Header.Set("Authorization", "Basic abc")
	if err := client.BearerAuth(static("token"))(t.Context(), req); err != nil || req.Header.Get("Authorization") != "Basic abc" {
		t.Errorf("got %v, %q", err, req.Header)
	}
}

type brokenSource struct{ err error }

func (s brokenSource) Token() (*oauth2.Token, error) { return nil, s.err }

func TestBearerAuthWithoutAToken(t *testing.T) {
	cause := errors.New("no token today")
	for name, test := range map[string]struct {
		source oauth2.TokenSource
		want   string
	}{
		"error":   {brokenSource{cause}, "no token today"},
		"nothing": {brokenSource{nil}, "neither a token nor an error"},
		"nil":     {nil, "token source is nil"},
	} {
		req := newRequest(t, "https://my.tapkey.com/")
		err := client.BearerAuth(test.source)(t.Context(), req)
		if err == nil || !strings.Contains(err.Error(), test.want) || len(req.Header) != 0 {
			t.Errorf("%s: %v, header %v", name, err, req.Header)
		}
	}
}

func TestBearerAuthAllocatesNothingPerCall(t *testing.T) {
	edit := client.BearerAuth(static("abc"))
	req := newRequest(t, "https://my.tapkey.com/")
	ctx := t.Context()
	allocs := testing.AllocsPerRun(100, func() {
		delete(req.Header, "Authorization")
		if err := edit(ctx, req); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
