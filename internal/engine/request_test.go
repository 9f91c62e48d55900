package engine_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/internal/engine"
)

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://my.tapkey.com/api/v1":  "",
		"https://my.tapkey.com/api/v1/": "",
		"https://h":                     "",
		"HTTPS://h/x":                   "",
		"http://127.0.0.1:8080/api/v1":  "",
		"http://[::1]:8080":             "",
		"https://h/a%2Fb":               "",
		"":                              "is empty",
		"h/api":                         "has no scheme; write https://host/path",
		"/api":                          "has no scheme; write https://host/path",
		"localhost:8080/api":            "has no scheme; write https://host/path",
		"//h/api":                       "has no scheme; write https://host/path",
		"https:h":                       "has no scheme; write https://host/path",
		"://x":                          "is not a URL",
		"https://h:port":                "is not a URL",
		"https://h/%zz":                 "is not a URL",
		" https://h":                    "begins or ends with a space (U+0020 space at the start)",
		"https://h\n":                   "begins or ends with a space (U+000A line feed at the end)",
		"https://[::1":                  "is not a URL",
		"ftp://h":                       "is neither https nor http",
		"file:///etc/passwd":            "is neither https nor http",
		"https://":                      "has no host",
		"https://h\"":                   "contains a quotation mark or an angle bracket",
		"https://h/api\"":               "contains a quotation mark or an angle bracket",
		"https://<host>/api":            "contains a quotation mark or an angle bracket",
		"https:///api":                  "has no host",
		"https://:443/api":              "has no host",
		"https://user:s3cret@h/api":     "has user info",
		"https://user@h/api":            "has user info",
		"https://@h/api":                "has user info",
		"https://h/api?tenant=s3cret":   "has a query",
		"https://h/api?":                "has a query",
		"https://h/api#s3cret":          "has a fragment",
		"https://h/api#":                "has a fragment",
	} {
		u, err := engine.ParseBaseURL(text)
		switch {
		case want == "" && (err != nil || u == nil || u.Host == ""):
			t.Errorf("%q: got %v, %v, want a URL", text, u, err)
		case want != "" && (err == nil || err.Error() != want || u != nil):
			t.Errorf("%q: got %v, %v, want the error %q", text, u, err, want)
		}
	}
}

// TestNewDoer checks the request that the server receives.
func TestNewDoer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		query  string
		header http.Header
		want   http.Header
		sent   string
	}{
		"defaults": {
			want: http.Header{"Accept": {"application/json"}, "User-Agent": {"own/1"}},
		},
		"set by an editor": {
			header: http.Header{"Accept": {"text/plain"}, "User-Agent": {"theirs/2"}, "Accept-Encoding": {"br"}},
			want:   http.Header{"Accept": {"text/plain"}, "User-Agent": {"theirs/2"}},
		},
		"an empty user agent": {
			header: http.Header{"User-Agent": {""}},
			want:   http.Header{"Accept": {"application/json"}},
		},
		"spaces": {
			query: "%24filter=name+eq+%27a%2Bb+%25+%26%27&x=%20",
			want:  http.Header{"Accept": {"application/json"}, "User-Agent": {"own/1"}},
			sent:  "%24filter=name%20eq%20%27a%2Bb%20%25%20%26%27&x=%20",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *http.Request
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
			defer server.Close()
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+basePath+"/Things?"+test.query, http.NoBody)
			for name, values := range test.header {
				req.Header[name] = values
			}
			rsp, err := engine.NewDoer(server.Client(), "own/1").Do(req)
			if err := engine.Discard(getThing, rsp, err); err != nil {
				t.Fatalf("got error %v, want none", err)
			}
			if encodings := got.Header["Accept-Encoding"]; !slices.Equal(encodings, []string{"gzip"}) {
				t.Errorf("got Accept-Encoding %q, want that of net/http, so that it decompresses", encodings)
			}
			got.Header.Del("Accept-Encoding")
			if len(got.Header) != len(test.want) || got.Header.Get("Accept") != test.want.Get("Accept") || got.UserAgent() != test.want.Get("User-Agent") {
				t.Errorf("got header %v, want %v", got.Header, test.want)
			}
			if got.URL.Path != basePath+"/Things" || got.URL.RawQuery != test.sent {
				t.Errorf("got path %q and query %q, want query %q", got.URL.Path, got.URL.RawQuery, test.sent)
			}
		})
	}
}

func TestNewDoerFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/second", http.StatusFound)
		}
	}))
	defer server.Close()
	client := server.Client()
	follow := func(*http.Request, []*http.Request) error { return nil }
	client.CheckRedirect = follow
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/first", strings.NewReader("x"))
	rsp, err := engine.NewDoer(client, "own").Do(req)
	failure(t, engine.Discard(getThing, rsp, err), api.ErrRedirect)
	if !slices.Equal(paths, []string{"/first"}) {
		t.Errorf("got requests %v, want the first only", paths)
	}
	// The caller's client has not changed.
	if client.CheckRedirect == nil {
		t.Error("got a changed client, want it unchanged")
	}
	rsp, err = client.Get(server.URL + "/first")
	if err != nil || rsp.Request.URL.Path != "/second" {
		t.Fatalf("got %v, %v, want the response of /second", rsp, err)
	}
	rsp.Body.Close()
	// A Doer that is not an *http.Client is called as it is.
	called := errors.New("called")
	req, _ = http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	_, err = engine.NewDoer(doerFunc(func(*http.Request) (*http.Response, error) { return nil, called }), "own").Do(req)
	if !errors.Is(err, called) {
		t.Errorf("got %v, want %v", err, called)
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	for packagePath, want := range map[string]string{
		"github.com/tapkey-go/tapkey-go/gen/tapkey": "tapkey-go",
		"github.com/tapkey-go/tapkey-go":            "tapkey-go",
		"example.com/other/tapkey":                  "tapkey", // not in a module of this program
		"github.com/tapkey-go/tapkey-go-else":       "tapkey-go-else",
	} {
		got := engine.UserAgent(packagePath)
		product, version, _ := strings.Cut(got, "/")
		if product != want || strings.ContainsAny(got, " ()") || version != "" && version[0] != 'v' {
			t.Errorf("%s: got %q, want %s or %[3]s/v...", packagePath, got, want)
		}
	}
}

func TestBegin(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", ".", ".."} {
		_, err := engine.Begin(t.Context(), getThing, engine.PathValue{Name: "ownerId", Value: "1"}, engine.PathValue{Name: "thingId", Value: bad})
		e := failure(t, err, nil)
		v, ok := errors.AsType[*api.PathValueError](err)
		if !ok || v.Name != "thingId" || v.Value != bad || e.StatusCode != 0 {
			t.Errorf("%q: got %#v, want a PathValueError of thingId", bad, err)
		}
		if text := err.Error(); !strings.HasPrefix(text, "getThing: GET /Things/{thingId}: thingId is ") {
			t.Errorf("%q: got error %q, want the operation and thingId in it", bad, text)
		}
	}
	for _, good := range []string{"...", ".a", "a..", " ", "/", "a/../b", "%2e"} {
		ctx, err := engine.Begin(t.Context(), getThing, engine.PathValue{Name: "thingId", Value: good})
		op, ok := api.OperationFromContext(ctx)
		if err != nil || !ok || op.ID != "getThing" {
			t.Errorf("%q: got %v, %v, want the operation getThing", good, op, err)
		}
	}
}

// TestOperations checks that a change of the copy does not reach the table.
func TestOperations(t *testing.T) {
	t.Parallel()
	own := &api.Operation{ID: "a", Scopes: []string{"read"}}
	got := engine.Operations(own, getThing)
	if len(got) != 2 || got[0].ID != "a" || got[1].ID != "getThing" {
		t.Fatalf("got %v, want the operations a and getThing", got)
	}
	got[0].ID, got[0].Scopes[0] = "b", "write"
	if own.ID != "a" || own.Scopes[0] != "read" {
		t.Errorf("got a changed table: %v, want it unchanged", own)
	}
}
