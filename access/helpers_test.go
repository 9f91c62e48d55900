package access_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// start starts a sandbox and returns a client of it.
func start(t *testing.T, opts ...sandbox.Option) (*sandbox.Server, *client.Client) {
	t.Helper()
	server, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server, newClient(t, server, nil)
}

func newClient(t *testing.T, server *sandbox.Server, transport http.RoundTripper) *client.Client {
	t.Helper()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		client.WithScopes("read:owneraccounts", "read:core:entities", "write:core:entities", "read:grants", "write:grants",
			"read:ip:users", "write:ip:users"),
		client.WithRetries(0), client.WithHTTPClient(&http.Client{Transport: transport}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must fails the test if there is an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// ownerNamed returns the id of an owner account.
func ownerNamed(t *testing.T, c *client.Client, name string) string {
	t.Helper()
	for owner, err := range c.AllOwners(t.Context()) {
		must(t, err)
		if owner.Name == name {
			return owner.ID
		}
	}
	t.Fatalf("no owner account %q", name)
	return ""
}

// allGrants returns all grants of an owner account.
func allGrants(t *testing.T, c *client.Client, owner string) (all []tapkey.Grant) {
	t.Helper()
	for g, err := range c.AllGrants(t.Context(), owner, nil) {
		must(t, err)
		all = append(all, g)
	}
	return all
}

// memory is a State in memory. After a number of writes it fails; the last write may have been
// stored or not, as in a crash.
type memory struct {
	mu      sync.Mutex
	entries map[[2]string]access.Entry
	left    int  // writes until the crash; negative means none
	stored  bool // whether the write that fails is stored
}

func newMemory() *memory { return &memory{entries: map[[2]string]access.Entry{}, left: -1} }

var errCrash = errors.New("the state has crashed")

func (m *memory) Entries(context.Context) ([]access.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []access.Entry
	for _, e := range m.entries {
		all = append(all, e)
	}
	return all, nil
}

// write reports whether a write is stored.
func (m *memory) write() (bool, error) {
	switch m.left {
	case -1:
		return true, nil
	case 0:
		return false, errCrash
	}
	if m.left--; m.left == 0 {
		return m.stored, errCrash
	}
	return true, nil
}

func (m *memory) Save(_ context.Context, e access.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, err := m.write()
	if stored {
		e.Pending = slices.Clone(e.Pending)
		m.entries[[2]string{e.Receiver, e.Lock}] = e
	}
	return err
}

func (m *memory) Remove(_ context.Context, receiver, lock string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, err := m.write()
	if stored {
		delete(m.entries, [2]string{receiver, lock})
	}
	return err
}

// A network is an http.RoundTripper that loses responses, delays requests until their sender
// has given up, and cancels the context of a run.
type network struct {
	next http.RoundTripper

	mu       sync.Mutex
	random   *rand.Rand
	lose     float64 // share of requests whose response is lost
	late     float64 // share of requests that are executed later
	left     int     // requests until stop is called; negative means never
	after    bool    // stop is called after the request was executed
	stop     func()
	held     []*http.Request
	requests int
}

var errLost = errors.New("the response was lost")

// calm ends all disturbances and executes the requests that were delayed.
func (n *network) calm() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lose, n.late, n.left = 0, 0, -1
	n.flush()
}

// flush executes the requests that were delayed.
func (n *network) flush() {
	for _, req := range n.held {
		if rsp, err := n.next.RoundTrip(req); err == nil {
			_, _ = io.Copy(io.Discard, rsp.Body)
			rsp.Body.Close()
		}
	}
	n.held = nil
}

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.Contains(req.URL.Path, "/Owners") {
		return n.next.RoundTrip(req) // a token request
	}
	n.mu.Lock()
	n.requests++
	lose, late := n.random.Float64() < n.lose, n.random.Float64() < n.late && req.Method != http.MethodGet
	stop := false
	if n.left > 0 {
		n.left--
		stop = n.left == 0
	}
	if len(n.held) > 0 && n.random.IntN(4) == 0 {
		n.flush()
	}
	if late {
		held := req.Clone(context.WithoutCancel(req.Context()))
		if req.Body != nil {
			body, _ := io.ReadAll(req.Body)
			req.Body.Close()
			held.Body = io.NopCloser(bytes.NewReader(body))
		}
		n.held = append(n.held, held)
	}
	after, cancel := n.after, n.stop
	n.mu.Unlock()
	if stop && !after {
		cancel()
	}
	if late {
		if stop {
			cancel()
		}
		return nil, errLost
	}
	// A request that was sent is completed before its sender goes on, even if its context ends:
	// a request that is executed later is one of held.
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	rsp, err := n.next.RoundTrip(req.WithContext(context.WithoutCancel(ctx)))
	if err == nil && ctx.Err() != nil {
		lose = true
	}
	if stop && after {
		cancel()
		lose = true
	}
	if lose && err == nil {
		_, _ = io.Copy(io.Discard, rsp.Body)
		rsp.Body.Close()
		return nil, errLost
	}
	return rsp, err
}

func staticToken() oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})
}

func httpClient(transport http.RoundTripper) *http.Client { return &http.Client{Transport: transport} }
