//go:build !race

package client_test

import (
	"bytes"
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/client"
)

// These tests measure the cost of a call without the network. They count allocations, which
// are the same on every machine. The module bench measures time.

// canned is an http.RoundTripper that returns a response from memory with two allocations.
type canned struct {
	body   []byte
	header http.Header
}

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: c.header, ContentLength: int64(len(c.body)), Body: &cannedBody{*bytes.NewReader(c.body)},
	}, nil
}

// cannedWithToken also returns a token that is valid for a day.
type cannedWithToken struct{ canned }

func (c cannedWithToken) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodPost {
		return canned{[]byte(`{"access_token":"` + strings.Repeat("t", 600) + `","expires_in":86400}`), c.header}.RoundTrip(req)
	}
	return c.canned.RoundTrip(req)
}

type cannedBody struct{ bytes.Reader }

func (*cannedBody) Close() error { return nil }

// cheap returns a client whose API and token source are in memory.
func cheap(t testing.TB, body string) *client.Client {
	t.Helper()
	c, err := client.New(
		client.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: strings.Repeat("t", 600)})),
		client.WithHTTPClient(&http.Client{Transport: canned{[]byte(body), http.Header{"Content-Type": {"application/json"}}}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const anOwner = `{"id":"7f9c1e52-3b0a-4c1d-9a57-0e3d5b2f8c11","name":"Home","active":true}`

// The strings of the 1,000 items share memory: about 10 of them are one allocation.
func TestAllocations(t *testing.T) {
	ctx := context.Background()
	one := cheap(t, anOwner)
	checked, err := client.New(client.WithCredentials("id", "secret"), client.WithOperations("getOwner", "listGrants"),
		client.WithHTTPClient(&http.Client{Transport: cannedWithToken{canned{[]byte(anOwner), http.Header{"Content-Type": {"application/json"}}}}}))
	if err != nil {
		t.Fatal(err)
	}
	many := cheap(t, "["+strings.Repeat(anOwner+",", 999)+anOwner+"]")
	token := client.BearerAuth(client.TokensOf(one))
	req, err := http.NewRequest(http.MethodGet, "https://my.tapkey.com/api/v1/Owners", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		most float64
		call func() error
	}{
		{"a single GET", 13, func() error { _, err := one.GetOwner(ctx, "1"); return err }},
		{"a single GET whose scope is checked", 13, func() error { _, err := checked.GetOwner(ctx, "1"); return err }},
		{"a list of 1,000", 97, func() error { _, err := many.ListOwners(ctx); return err }},
		{"an iterator over 1,000", 97, func() error {
			for _, err := range many.AllOwners(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{"a bearer header", 0, func() error {
			delete(req.Header, "Authorization")
			return token(ctx, req)
		}},
	} {
		var failed error
		got := testing.AllocsPerRun(100, func() {
			if err := test.call(); err != nil {
				failed = err
			}
		})
		if failed != nil {
			t.Fatal(failed)
		}
		t.Logf("%s: got %v allocations, want at most %v", test.name, got, test.most)
		if got > test.most {
			t.Errorf("%s: got %v allocations, want at most %v", test.name, got, test.most)
		}
	}
}

// TestLargeBodiesAreReused checks that a response of some MiB is read into a buffer that is
// reused, and that a list allocates about as much as it keeps.
func TestLargeBodiesAreReused(t *testing.T) {
	const calls, items = 20, 10_000
	list := "[" + strings.Repeat(anOwner+",", items-1) + anOwner + "]"
	for _, test := range []struct {
		name string
		body string
		most int // bytes for each call
	}{
		{"3 MiB of white space", "[" + strings.Repeat(" ", 3<<20) + anOwner + "]", 1 << 20},
		{"10,000 items", list, items * (100 + len(anOwner))},
	} {
		c := cheap(t, test.body)
		list := func() {
			if _, err := c.ListOwners(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		list()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			list()
		}
		runtime.ReadMemStats(&after)
		got := int(after.TotalAlloc-before.TotalAlloc) / calls
		t.Logf("%s: got %d KiB allocated for a call, want at most %d", test.name, got>>10, test.most>>10)
		if got > test.most {
			t.Errorf("%s: got %d KiB allocated for a call, want at most %d", test.name, got>>10, test.most>>10)
		}
	}
}
