package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// home is an owner account of a sandbox.
const home = "/Owners/7f9c1e52-0000-4000-8000-000000000000"

// noSleep makes retries immediate.
var noSleep = client.WithSleep(func(context.Context, time.Duration) error { return nil })

// do calls Do and reads the body of the response.
func do(t *testing.T, c *client.Client, method, path string, query url.Values, body any, editors ...tapkey.RequestEditorFn) (string, error) {
	t.Helper()
	rsp, err := c.Do(t.Context(), method, path, query, body, editors...)
	if err != nil {
		return "", err
	}
	defer rsp.Body.Close()
	text, err := io.ReadAll(rsp.Body)
	return string(text), err
}

func TestDo(t *testing.T) {
	t.Parallel()
	_, c := sandboxClient(t, client.WithScopes("read:owneraccounts", "read:core:entities", "write:core:entities"))
	var owners []tapkey.OwnerAccount
	text, err := do(t, c, http.MethodGet, "/Owners", nil, nil)
	if err != nil || json.Unmarshal([]byte(text), &owners) != nil || len(owners) == 0 {
		t.Fatalf("GET /Owners: got %q, %v, want owner accounts", text, err)
	}
	text, err = do(t, c, http.MethodPut, home+"/Contacts", nil, map[string]string{"ipId": "tapkey", "identifier": "ada@example.com"})
	if err != nil || !strings.Contains(text, "ada@example.com") {
		t.Errorf("PUT Contacts: got %q, %v, want the contact", text, err)
	}
	query := url.Values{"$filter": {"identifier eq 'ada@example.com'"}}
	text, err = do(t, c, http.MethodGet, home+"/Contacts", query, nil)
	if err != nil || strings.Count(text, `"id"`) != 1 {
		t.Errorf("GET Contacts with %v: got %q, %v, want one contact", query, text, err)
	}
}

func TestDoFails(t *testing.T) {
	t.Parallel()
	_, c := sandboxClient(t)
	for path, want := range map[string]string{
		"/Owners/unknown": "getOwner: GET /Owners/{ownerAccountId}: 404 Not Found",
		"/Nothing":        "GET: 404 Not Found",
	} {
		_, err := do(t, c, http.MethodGet, path, nil, nil)
		failed, ok := errors.AsType[*api.Error](err)
		if !ok || !errors.Is(err, api.ErrNotFound) || !strings.HasPrefix(err.Error(), want) || len(failed.Body) == 0 {
			t.Errorf("%s: got %v, want an *api.Error %q with a body", path, err, want)
		}
	}
}

// TestDoRefusesPaths checks that the paths are refused and that nothing is sent.
func TestDoRefusesPaths(t *testing.T) {
	t.Parallel()
	server, c := sandboxClient(t)
	for _, path := range []string{
		"", "/", "//", "///", "//evil.example/x", "https://evil.example/x", "HTTPS:/x", "https:x", "mailto:x", "//", "///x",
		"..", ".", "/../x", "/.", "/x/..", "/x/../../y", "/x/./y", "../Owners", "/x/..;/y", "/x/..;a=b/y", "/x/;a/y",
		"/x//y", "/x/", home + "//Grants", "/x/%2F/y",
		"/%2e%2e/x", "/%2E./x", "/x/%2e", "/x/..%2fy", "/x%2f..%2fy", "/x/%252e%252e/y", "/x/%25252e%25252e", "/x/%2e%2e%3b/y",
		`/x\..\y`, `\\evil.example\x`, "/x/..%5cy", "/x%00y", "/x%0d%0aHost:evil", "/x\r\ny", "/x%7fy", "/\u202ex",
		"/x?y=z", "/x?", "?x=y", "#x", "/x#y", "/x#", "/%zz", "/%", "/x\x00",
	} {
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			text, err := do(t, c, method, path, nil, nil)
			failed, ok := errors.AsType[*api.Error](err)
			if !errors.Is(err, client.ErrPath) || !ok || failed.StatusCode != 0 || strings.Contains(err.Error(), "evil") {
				t.Errorf("%s %q: got %q, %v, want an *api.Error that is ErrPath", method, path, text, err)
			}
		}
	}
	if got := server.Requests(); len(got) > 0 {
		t.Errorf("got the requests %v, want none", got)
	}
}

func TestDoSendsPathsAndQueries(t *testing.T) {
	t.Parallel()
	s := newService(t, nil, nil)
	c := s.client(t)
	for _, test := range []struct {
		path  string
		query url.Values
		want  string
	}{
		{"/Owners", nil, "/base/api/v1/Owners"},
		{"Owners", nil, "/base/api/v1/Owners"},
		{"/a%2Fb/100%25/a..b/.c/d;e", nil, "/base/api/v1/a%2Fb/100%25/a..b/.c/d;e"},
		{"/a b/" + url.PathEscape("c?d#e"), nil, "/base/api/v1/a%20b/c%3Fd%23e"},
		{"/x", url.Values{"$filter": {"a eq 'b+c'"}, "x": {"1", "2"}}, "/base/api/v1/x?%24filter=a%20eq%20%27b%2Bc%27&x=1&x=2"},
	} {
		if _, err := do(t, c, http.MethodGet, test.path, test.query, nil); err != nil {
			t.Fatal(err)
		}
		all := s.api.all()
		got := all[len(all)-1]
		if got.RequestURI != test.want {
			t.Errorf("%q: got the target %q, want %q", test.path, got.RequestURI, test.want)
		}
		if auth := got.Header.Get("Authorization"); auth != "Bearer the-token" {
			t.Errorf("%q: got the header %q, want a token", test.path, auth)
		}
	}
}

func TestDoSendsBodies(t *testing.T) {
	t.Parallel()
	s := newService(t, nil, nil)
	c := s.client(t)
	raw := json.RawMessage(`{"a": [1, "<"]}`)
	for name, test := range map[string]struct {
		body              any
		want, contentType string
	}{
		"none":    {nil, "", ""},
		"struct":  {tapkey.OwnerAccountUpdate{Name: new("New")}, `{"name":"New"}`, "application/json"},
		"raw":     {raw, string(raw), "application/json"},
		"pointer": {(*string)(nil), "null", "application/json"},
	} {
		if _, err := do(t, c, http.MethodPost, "/x", nil, test.body); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all := s.api.all()
		got := all[len(all)-1]
		if got.body != test.want || got.Header.Get("Content-Type") != test.contentType {
			t.Errorf("%s: got %q of type %q, want %q of type %q", name, got.body, got.Header.Get("Content-Type"), test.want, test.contentType)
		}
	}
	sent := len(s.api.all())
	for name, body := range map[string]any{
		"bytes": []byte("{}"), "reader": strings.NewReader("{}"), "raw, not JSON": json.RawMessage("{"), "empty raw": json.RawMessage(nil), "func": func() {},
	} {
		if _, err := do(t, c, http.MethodPost, "/x", nil, body); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
	for _, method := range []string{"", "get", "GET ", "GET\r\nX: y"} {
		if _, err := do(t, c, method, "/x", nil, nil); err == nil || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("method %q: got %v, want an error on one line", method, err)
		}
	}
	if got := len(s.api.all()); got != sent {
		t.Errorf("got %d requests, want none", got-sent)
	}
}

// TestDoRetries checks that a request is retried if it is a GET, or an operation that the
// contract marks idempotent, and then with the same body.
func TestDoRetries(t *testing.T) {
	t.Parallel()
	named, titled := map[string]string{"name": "New"}, map[string]string{"title": "New"}
	for name, test := range map[string]struct {
		method, path string
		body         any
		sent         string
		want         int
	}{
		"known GET":      {http.MethodGet, "/Owners", nil, "", 3},
		"unknown GET":    {http.MethodGet, "/Nothing/at/all", named, `{"name":"New"}`, 3},
		"updateOwner":    {http.MethodPatch, home, named, `{"name":"New"}`, 3},
		"another case":   {http.MethodPatch, strings.ToLower(home), named, `{"name":"New"}`, 3},
		"unknown PATCH":  {http.MethodPatch, "/Nothing", named, `{"name":"New"}`, 1},
		"createContact":  {http.MethodPut, home + "/Contacts", titled, `{"title":"New"}`, 1},
		"unknown PUT":    {http.MethodPut, "/Nothing", named, `{"name":"New"}`, 1},
		"known DELETE":   {http.MethodDelete, home + "/Permissions/1", nil, "", 1},
		"unknown POST":   {http.MethodPost, "/Nothing", named, `{"name":"New"}`, 1},
		"unknown DELETE": {http.MethodDelete, "/Nothing", named, `{"name":"New"}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, nil, respondJSON(http.StatusServiceUnavailable, map[string]any{"ErrorCode": "Busy"}))
			_, err := do(t, s.client(t, noSleep, client.WithRetries(2)), test.method, test.path, nil, test.body)
			if !errors.Is(err, api.ErrServer) {
				t.Errorf("got %v, want ErrServer", err)
			}
			requests := s.api.all()
			if len(requests) != test.want {
				t.Errorf("got %d requests, want %d", len(requests), test.want)
			}
			for _, r := range requests {
				if r.body != test.sent {
					t.Errorf("got the body %q, want %q each time", r.body, test.sent)
				}
			}
		})
	}
}

// TestDoInTheSandbox checks the same with the faults of a sandbox.
func TestDoInTheSandbox(t *testing.T) {
	t.Parallel()
	server, c := sandboxClient(t, noSleep, client.WithRetries(3), client.WithScopes("read:owneraccounts", "write:owneraccounts", "write:core:entities"))
	for _, fault := range []sandbox.Fault{{Kind: "503", Operation: "updateOwner", Count: 2}, {Kind: "503", Operation: "createContact", Count: 2}} {
		if err := server.Inject(fault); err != nil {
			t.Fatal(err)
		}
	}
	text, err := do(t, c, http.MethodPatch, home, nil, map[string]string{"name": "Renamed"})
	if err != nil || !strings.Contains(text, "Renamed") || server.Count("updateOwner") != 3 {
		t.Errorf("updateOwner: got %q, %v after %d requests, want the new name after 3", text, err, server.Count("updateOwner"))
	}
	_, err = do(t, c, http.MethodPut, home+"/Contacts", nil, map[string]string{"ipId": "tapkey"})
	if !errors.Is(err, api.ErrServer) || server.Count("createContact") != 1 {
		t.Errorf("createContact: got %v after %d requests, want ErrServer after 1", err, server.Count("createContact"))
	}
}

func TestDoRenewsTheToken(t *testing.T) {
	t.Parallel()
	server, c := sandboxClient(t)
	for range 2 {
		server.RevokeTokens()
		if _, err := do(t, c, http.MethodGet, "/Owners", nil, nil); err != nil {
			t.Errorf("got %v, want a request with another token", err)
		}
	}
	refusing := newService(t, nil, respondJSON(http.StatusUnauthorized, nil))
	for _, path := range []string{"/Owners", "/Nothing"} {
		_, err := do(t, refusing.client(t), http.MethodGet, path, nil, nil)
		failed, ok := errors.AsType[*api.Error](err)
		if !ok || !errors.Is(err, api.ErrUnauthorized) || failed.Hint == "" {
			t.Errorf("%s: got %v, want ErrUnauthorized with a hint", path, err)
		}
	}
}

func TestDoLimitsTheBody(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 998)
	s := newService(t, nil, respondJSON(http.StatusOK, long))
	for limit, want := range map[int64]error{999: api.ErrTooLarge, 1001: nil} { // two quotes and a line feed more
		c := s.client(t, client.WithMaxResponseBytes(limit))
		text, err := do(t, c, http.MethodGet, "/x", nil, nil)
		if !errors.Is(err, want) || want == nil && len(text) != 1001 {
			t.Errorf("limit %d: got %d bytes, %v, want %v", limit, len(text), err, want)
		}
		if _, ok := errors.AsType[*api.Error](err); ok != (want != nil) {
			t.Errorf("limit %d: got %T, want an *api.Error", limit, err)
		}
	}
	cut := newService(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "{")
	})
	if _, err := do(t, cut.client(t), http.MethodGet, "/Owners", nil, nil); !errors.Is(err, api.ErrUnexpected) || !strings.HasPrefix(err.Error(), "listOwners: ") {
		t.Errorf("body cut off: got %v, want ErrUnexpected of listOwners", err)
	}
}

func TestDoKeepsToTheOrigin(t *testing.T) {
	t.Parallel()
	other := record(respondJSON(http.StatusOK, nil))
	elsewhere := httptest.NewServer(other)
	defer elsewhere.Close()
	s := newService(t, nil, func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, elsewhere.URL, http.StatusFound) })
	c := s.client(t)
	if _, err := do(t, c, http.MethodGet, "/x", nil, nil); !errors.Is(err, api.ErrRedirect) {
		t.Errorf("redirect: got %v, want ErrRedirect", err)
	}
	_, err := do(t, c, http.MethodGet, "/x", nil, nil, func(_ context.Context, req *http.Request) error {
		target, err := url.Parse(elsewhere.URL)
		req.URL = target
		return err
	})
	if err == nil {
		t.Error("editor that changes the origin: got no error, want one")
	}
	if got := other.all(); len(got) > 0 {
		t.Errorf("got %d requests to another origin, want none", len(got))
	}
}

func TestDoRunsEditors(t *testing.T) {
	t.Parallel()
	set := func(name, value string) tapkey.RequestEditorFn {
		return func(_ context.Context, req *http.Request) error { req.Header.Set(name, value); return nil }
	}
	s := newService(t, nil, nil)
	c := s.client(t, client.WithRequestEditor(set("X-A", "client")), client.WithRequestEditor(set("X-B", "client")), client.WithUserAgent("own/1"))
	if _, err := do(t, c, http.MethodGet, "/x", nil, nil, set("X-B", "call")); err != nil {
		t.Fatal(err)
	}
	header := s.api.all()[0].Header
	for name, want := range map[string]string{"X-A": "client", "X-B": "call", "User-Agent": "own/1", "Accept": "application/json"} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	refused := errors.New("refused")
	_, err := do(t, c, http.MethodGet, "/x", nil, nil, func(context.Context, *http.Request) error { return refused })
	if _, ok := errors.AsType[*api.Error](err); !ok || !errors.Is(err, refused) {
		t.Errorf("got %v, want an *api.Error with the editor's error", err)
	}
}

// TestDoTellsTheOperation checks what a RoundTripper sees.
func TestDoTellsTheOperation(t *testing.T) {
	t.Parallel()
	var got []string
	c := inMemory(t, func(req *http.Request) (*http.Response, error) {
		op, ok := api.OperationFromContext(req.Context())
		got = append(got, fmt.Sprint(op.ID, " ", ok))
		return response(req, http.StatusOK, "[]"), nil
	})
	ctx := api.ContextWithOperation(t.Context(), &api.Operation{ID: "outer", Idempotent: true})
	for _, path := range []string{home + "/grants", "/Nothing"} {
		rsp, err := c.Do(ctx, http.MethodGet, path, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		rsp.Body.Close()
	}
	if want := []string{"listGrants true", " false"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDoEmptyResponse checks that the length of a response without a body is known.
func TestDoEmptyResponse(t *testing.T) {
	c := newService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
		}
	}).client(t)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		rsp, err := c.Do(t.Context(), method, "/Owners/1/Other", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(rsp.Body)
		if err := errors.Join(err, rsp.Body.Close()); err != nil || len(body) != 0 || rsp.ContentLength != 0 {
			t.Errorf("%s: got error %v, %d bytes and length %d, want none, 0 and 0", method, err, len(body), rsp.ContentLength)
		}
	}
}

// TestEditorReplacesRequest checks that a request whose header an editor has left out is
// sent as any other.
func TestEditorReplacesRequest(t *testing.T) {
	var got http.Header
	c := newService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		respondJSON(http.StatusOK, []any{})(w, r)
	}).client(t)
	_, err := c.ListOwners(t.Context(), func(ctx context.Context, req *http.Request) error {
		*req = *(&http.Request{Method: req.Method, URL: req.URL}).WithContext(ctx)
		return nil
	})
	if err != nil || got.Get("Accept") != "application/json" || got.Get("Authorization") == "" {
		t.Errorf("got error %v and header %v, want none, and Accept and Authorization", err, got)
	}
}
