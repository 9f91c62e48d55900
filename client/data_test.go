package client_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// overTLS starts a server with HTTP/2 over TLS, and returns a client for it.
func overTLS(t *testing.T, handler http.HandlerFunc, opts ...client.Option) *client.Client {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("got a request over %s, want HTTP/2", r.Proto)
		}
		if strings.HasSuffix(r.URL.Path, "/connect/token") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, tokenBody)
			return
		}
		handler(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c, err := client.New(append([]client.Option{
		client.WithCredentials("the-id", "the-s3cret"), anyOperation(), client.WithHTTPClient(server.Client()),
		client.WithBaseURL(server.URL + "/api/v1"), client.WithTokenURL(server.URL + "/connect/token"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestListsAreLists checks that no call takes an object or an item without its id for an
// item of a list.
func TestListsAreLists(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"maintenance"}`:     "JSON { instead of a list",
		`{"id":"1"}`:                    "JSON { instead of a list",
		`[{"message":"maintenance"}]`:   "/0/id is missing",
		`[{"id":"1"},{"id":null}]`:      "/1/id: null",
		`[{"id":"1"},{"id":"2"},{},{}]`: "/2/id is missing",
		`[{"id":"1"},{"ID":"2"}]`:       "/1/id is missing",
	} {
		s := newService(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, body)
		})
		c := s.client(t, client.WithReadAhead(2))
		_, err := c.ListOwners(t.Context())
		errs := map[string]error{"ListOwners": err}
		_, errs["ListLogEntries"] = c.ListLogEntries(t.Context(), "o", nil)
		for name, it := range iterators {
			_, errs[name] = collect(t, it.all(t.Context(), c))
		}
		for name, err := range errs {
			if name == "AllIdentityProviderUsers" && body[0] == '{' { // one user may come without the list
				continue
			}
			failed, ok := errors.AsType[*api.Error](err)
			if !ok || !errors.Is(err, api.ErrUnexpected) || failed.StatusCode != 200 || !strings.Contains(err.Error(), want) {
				t.Errorf("%s of %s: got error %v, want ErrUnexpected with status 200 and %q", name, body, err, want)
			}
		}
		users, err := c.ListIdentityProviderUsers(t.Context(), "o", "ip", nil)
		if single := body == `{"id":"1"}`; single != (err == nil && len(users) == 1) || !single && !errors.Is(err, api.ErrUnexpected) {
			t.Errorf("users of %s: got %v, %v, want one user: %t", body, users, err, single)
		}
	}
}

// TestCappedPages checks that an iterator yields all items if the server limits the length of
// a page, with at most one request more than pages.
func TestCappedPages(t *testing.T) {
	for entries, requests := range map[int]int{0: 1, 30: 2, 100: 2, 101: 2, 250: 3, 300: 4} {
		server, err := sandbox.Start(sandbox.WithGenerated(1, 1, entries), sandbox.WithFaults(sandbox.Fault{Kind: sandbox.FaultCappedPages}))
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		for _, ahead := range []int{0, 1, 4} {
			var pages atomic.Int32
			counting := roundTrip(func(req *http.Request) (*http.Response, error) {
				if strings.HasSuffix(req.URL.Path, "/LogEntries") {
					pages.Add(1)
				}
				return http.DefaultTransport.RoundTrip(req)
			})
			c, err := client.New(
				client.WithHTTPClient(&http.Client{Transport: counting}),
				client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithBaseURL(server.BaseURL()),
				client.WithTokenURL(server.TokenURL()), client.WithReadAhead(ahead), client.WithScopes("read:owneraccounts", "read:logs"),
			)
			if err != nil {
				t.Fatal(err)
			}
			owners, err := c.ListOwners(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, params := range []*tapkey.ListLogEntriesParams{nil, {Select: new("command")}} {
				pages.Store(0)
				ids, n := map[string]bool{}, 0
				for entry, err := range c.AllLogEntries(t.Context(), owners[0].ID, params) {
					if err != nil {
						t.Fatal(err)
					}
					ids[entry.ID] = true
					n++
				}
				if n != entries || len(ids) != entries {
					t.Errorf("%d ahead: got %d entries with %d ids, want %d", ahead, n, len(ids), entries)
				}
				if got := int(pages.Load()); ahead == 0 && got != requests || got > requests+ahead {
					t.Errorf("%d entries, %d ahead: got %d requests, want %d", entries, ahead, got, requests)
				}
			}
		}
	}
}

// forms are the ways to send nothing.
var forms = map[string]http.HandlerFunc{
	"204": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	"Content-Length: 0": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "0")
	},
	"empty and chunked": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.(http.Flusher).Flush()
	},
	"an empty page": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.(http.Flusher).Flush()
	},
	"gzip of nothing": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_ = z.Close()
	},
	"nothing as gzip": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.(http.Flusher).Flush()
	},
	"a line break": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, "\r\n")
	},
	"null": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, " null\n")
	},
}

// TestNothing sends nothing, over HTTP/1.1 and HTTP/2. It is a success where the operation may
// return nothing, and unexpected where it promises a value.
func TestNothing(t *testing.T) {
	for name, handler := range forms {
		for proto, c := range map[string]*client.Client{"HTTP/1.1": newService(t, nil, handler).client(t), "HTTP/2": overTLS(t, handler)} {
			if err := c.DeletePermission(t.Context(), "o", "p"); err != nil {
				t.Errorf("%s, %s: DeletePermission: got error %v, want none", proto, name, err)
			}
			if got, err := c.RevokeContactGrants(t.Context(), "o", "c"); err != nil || got == nil || len(got) != 0 {
				t.Errorf("%s, %s: RevokeContactGrants: got %v, %v, want an empty result", proto, name, got, err)
			}
			_, get := c.GetOwner(t.Context(), "o")
			_, list := c.ListGrants(t.Context(), "o", nil)
			_, create := c.CreateGrant(t.Context(), "o", tapkey.GrantCreate{BoundLockID: "l"})
			_, stream := collect(t, ids(c.AllGrants(t.Context(), "o", nil)))
			_, pages := collect(t, ids(c.AllLogEntries(t.Context(), "o", nil)))
			for call, err := range map[string]error{"GetOwner": get, "ListGrants": list, "CreateGrant": create, "AllGrants": stream, "AllLogEntries": pages} {
				failed, ok := errors.AsType[*api.Error](err)
				if !ok || !errors.Is(err, api.ErrUnexpected) || failed.StatusCode/100 != 2 || strings.Contains(err.Error(), "cut off") {
					t.Errorf("%s, %s: %s: got error %v, want ErrUnexpected with the status", proto, name, call, err)
				}
			}
		}
	}
}

// TestPageInPlaceOfNothing checks that the page of a proxy is unexpected, and that JSON is not.
func TestPageInPlaceOfNothing(t *testing.T) {
	for contentType, ok := range map[string]bool{
		"text/html": false, "text/html; charset=utf-8": false, "text/plain": false, "application/xml": false,
		"application/json": true, "application/problem+json": true,
	} {
		handler := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = fmt.Fprint(w, "<html>Sign in</html>")
		}
		for _, c := range []*client.Client{newService(t, nil, handler).client(t), overTLS(t, handler)} {
			for _, err := range []error{
				c.DeletePermission(t.Context(), "o", "p"),
				c.UpdateBoundCard(t.Context(), "o", "c", tapkey.BoundCardUpdate{}),
			} {
				failed, isAPI := errors.AsType[*api.Error](err)
				unexpected := isAPI && errors.Is(err, api.ErrUnexpected) && failed.StatusCode == 200
				if ok && err != nil || !ok && !unexpected {
					t.Errorf("%s: got error %v, want none: %t", contentType, err, ok)
				}
			}
		}
	}
}

// TestNumbersAndMarks checks integers with a fraction or an exponent, and a byte order mark.
func TestNumbersAndMarks(t *testing.T) {
	for number, want := range map[string]int64{"1287": 1287, "1287.0": 1287, "1e3": 1000, "1.287e3": 1287, "-0.0": 0, "9007199254740993.0": 9007199254740993} {
		body := "\uFEFF" + `[{"id":"1","entryNo":` + number + `}]`
		handler := func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Query().Get("$skip") == "1" {
				body = "[]"
			}
			_, _ = fmt.Fprint(w, body)
		}
		c := newService(t, nil, handler).client(t)
		list, err := c.ListLogEntries(t.Context(), "o", nil)
		if err != nil || len(list) != 1 || list[0].EntryNo != want {
			t.Errorf("%s: got %v, %v, want %d", number, list, err, want)
		}
		for entry, err := range c.AllLogEntries(t.Context(), "o", nil) {
			if err != nil || entry.EntryNo != want {
				t.Errorf("%s: got %v, %v, want %d", number, entry, err, want)
			}
		}
	}
	c := newService(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprint(w, "\uFEFF"+`{"ErrorCode":"Duplicate","ErrorMessage":"It exists."}`)
	}).client(t)
	_, err := c.GetOwner(t.Context(), "o")
	if failed, ok := errors.AsType[*api.Error](err); !ok || failed.Code != "Duplicate" || failed.Message != "It exists." {
		t.Errorf("got error %+v, want code Duplicate and its message", failed)
	}
}

// TestSelectWithoutID checks that an item may lack its id if the request has not selected it.
func TestSelectWithoutID(t *testing.T) {
	var requests atomic.Int32
	c := newService(t, nil, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("$skip") > "0" {
			_, _ = fmt.Fprint(w, `[]`)
			return
		}
		_, _ = fmt.Fprint(w, `[{"title":"Door"}]`)
	}).client(t)
	withSelect := func(_ context.Context, req *http.Request) error {
		req.URL.RawQuery = url.Values{"$select": {"title"}}.Encode()
		return nil
	}
	for name, all := range map[string]iter.Seq2[string, error]{
		"parameter": ids(c.AllBoundLocks(t.Context(), "o", &tapkey.ListBoundLocksParams{Select: new("title")})),
		"editor":    ids(c.AllBoundLocks(t.Context(), "o", nil, withSelect)),
		"pages":     ids(c.AllLogEntries(t.Context(), "o", &tapkey.ListLogEntriesParams{Select: new("title")})),
	} {
		if got, err := collect(t, all); err != nil || len(got) != 1 {
			t.Errorf("%s: got %v, %v, want one item", name, got, err)
		}
	}
	if locks, err := c.ListBoundLocks(t.Context(), "o", &tapkey.ListBoundLocksParams{Select: new("title")}); err != nil || len(locks) != 1 {
		t.Errorf("got %v, %v, want one lock", locks, err)
	}
	if _, err := c.ListBoundLocks(t.Context(), "o", &tapkey.ListBoundLocksParams{Select: new("title,id")}); !errors.Is(err, api.ErrUnexpected) {
		t.Errorf("with id selected: got error %v, want ErrUnexpected", err)
	}
}
