package client_test

import (
	"errors"
	"net/http"
	"slices"
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
			t.Errorf("%s: got error %v, want none", url, err)
		}
		want := []string{"Bearer abc.DEF-1_~+/=="}
		if got := req.Header["Authorization"]; !slices.Equal(got, want) {
			t.Errorf("%s: got Authorization %q, want %q", url, got, want)
		}
	}
}

func TestBearerAuthRejectsTokens(t *testing.T) {
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
			t.Errorf("token %q: got error %v, want one with %q", token, err, want)
		}
		if len(token) > 4 && err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("token %q: got error %v, want one without the token", token, err)
		}
		if got, set := req.Header["Authorization"]; set {
			t.Errorf("token %q: got Authorization %q, want none", token, got)
		}
	}
}

func TestBearerAuthRejectsOtherTypes(t *testing.T) {
	req := newRequest(t, "https://my.tapkey.com/")
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "abc", TokenType: "DPoP"})
	if err := client.BearerAuth(source)(t.Context(), req); err == nil || !strings.Contains(err.Error(), `"DPoP"`) {
		t.Errorf("DPoP: got error %v, want one with the type", err)
	}
	source = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "abc", TokenType: "bearer"})
	if err := client.BearerAuth(source)(t.Context(), req); err != nil || req.Header.Get("Authorization") != "Bearer abc" {
		t.Errorf("bearer: got error %v and header %q, want no error and Bearer abc", err, req.Header)
	}
}

func TestBearerAuthRejectsPlainHTTP(t *testing.T) {
	for _, url := range []string{"http://my.tapkey.com/", "http://127.0.0.1.example/", "http://localhost.example/", "ftp://localhost/"} {
		req := newRequest(t, url)
		if err := client.BearerAuth(static("abc"))(t.Context(), req); !errors.Is(err, client.ErrPlainHTTP) || len(req.Header) != 0 {
			t.Errorf("%s: got error %v and header %v, want ErrPlainHTTP and no header", url, err, req.Header)
		}
	}
}

func TestBearerAuthKeepsTheCallersHeader(t *testing.T) {
	req := newRequest(t, "https://my.tapkey.com/")
	req.Header.Set("Authorization", "Basic abc")
	if err := client.BearerAuth(static("token"))(t.Context(), req); err != nil || req.Header.Get("Authorization") != "Basic abc" {
		t.Errorf("got error %v and header %q, want no error and Basic abc", err, req.Header)
	}
}

// brokenSource returns no token.
type brokenSource struct{ err error }

func (s brokenSource) Token() (*oauth2.Token, error) { return nil, s.err }

func TestBearerAuthWithoutAToken(t *testing.T) {
	cause := errors.New("source failed")
	for name, test := range map[string]struct {
		source oauth2.TokenSource
		want   string
	}{
		"error":   {brokenSource{cause}, "source failed"},
		"nothing": {brokenSource{nil}, "neither a token nor an error"},
		"nil":     {nil, "token source is nil"},
	} {
		req := newRequest(t, "https://my.tapkey.com/")
		err := client.BearerAuth(test.source)(t.Context(), req)
		if err == nil || !strings.Contains(err.Error(), test.want) || len(req.Header) != 0 {
			t.Errorf("%s: got error %v and header %v, want an error with %q and no header", name, err, req.Header, test.want)
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
	equal(t, "allocations", allocs, 0)
}
