package client_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/internal/engine"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// TestChaos makes calls from 64 goroutines over an unreliable network to a server that fails
// at random. It checks that no write is executed twice and that no goroutine, connection or
// body is left. TAPKEY_CHAOS_CALLS sets the number of calls.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("not run with -short: 1,500 calls over an unreliable network")
	}
	calls := 1500
	if text := os.Getenv("TAPKEY_CHAOS_CALLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		calls = n
	}
	goroutines, heap := stacks(), heapInUse()
	runChaos(t, calls)
	for wait := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var left []string
		for id, stack := range stacks() {
			if _, before := goroutines[id]; !before {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			break
		}
		if time.Now().After(wait) {
			t.Fatalf("got %d goroutines after the run, want none:\n%s", len(left), strings.Join(left, "\n\n"))
		}
	}
	if now := heapInUse(); now > heap+4<<20 {
		t.Errorf("got %d KiB of heap in use, want at most 4096 KiB more than the initial %d KiB", now>>10, heap>>10)
	}
}

// stacks returns the stack of each goroutine by its ID.
func stacks() map[string]string {
	buf := make([]byte, 8<<20)
	all := make(map[string]string)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		id, _, _ := strings.Cut(stack, " [")
		all[id] = stack
	}
	return all
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // a second cycle releases the contents of sync.Pools
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

func runChaos(t *testing.T, calls int) {
	server, err := sandbox.Start(sandbox.WithGenerated(8, 5, 60), sandbox.WithFaults(
		sandbox.Fault{Kind: sandbox.Fault500, Rate: 0.02}, sandbox.Fault{Kind: sandbox.Fault502HTML, Rate: 0.02},
		sandbox.Fault{Kind: sandbox.Fault503, Rate: 0.02, RetryAfter: "0"}, sandbox.Fault{Kind: sandbox.Fault429, Rate: 0.02},
		sandbox.Fault{Kind: sandbox.Fault429RetryAfter, Rate: 0.002}, sandbox.Fault{Kind: sandbox.Fault429RetryAfter, Rate: 0.01, RetryAfter: "3600"},
		sandbox.Fault{Kind: sandbox.FaultReset, Rate: 0.02}, sandbox.Fault{Kind: sandbox.FaultCloseBody, Rate: 0.02, Bytes: 10},
		sandbox.Fault{Kind: sandbox.FaultTruncated, Rate: 0.01},
		sandbox.Fault{Kind: sandbox.Fault500, Rate: 0.1, Operation: "token"}, sandbox.Fault{Kind: sandbox.FaultReset, Rate: 0.1, Operation: "token"},
	))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	network := newNetwork(t, server.BaseURL())
	defer network.close()

	// Count the open connections and response bodies.
	var connections, bodies atomic.Int32
	dialer := &net.Dialer{Timeout: engine.DefaultDialTimeout}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		connections.Add(1)
		return &trackedConn{Conn: conn, open: &connections}, nil
	}}
	c := chaosClient(t, server, network.rewrite, client.WithPageSize(20), client.WithReadAhead(1),
		client.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			rsp, err := transport.RoundTrip(req)
			if err == nil {
				bodies.Add(1)
				rsp.Body = &trackedBody{ReadCloser: rsp.Body, open: &bodies}
			}
			return rsp, err
		})}))
	direct := &http.Transport{}
	observer := chaosClient(t, server, func(url string) string { return url },
		client.WithHTTPClient(&http.Client{Transport: direct}), client.WithRetries(100))
	owners, err := observer.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	run := &chaos{
		client: c, server: server, network: network, owners: owners, calls: int64(calls),
		created: make(map[string]bool), outcomes: make(map[string]int),
	}
	var wait sync.WaitGroup
	for worker := range 64 {
		wait.Go(func() { run.work(t, worker) })
	}
	wait.Wait()
	network.outage.Wait()
	if err := server.ClearFaults(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls: %v", run.done.Load(), run.outcomes)
	t.Logf("%d resets, %d truncations, %d delays, %d connections ended by the outage, %d token requests",
		network.resets.Load(), network.truncations.Load(), network.delays.Load(), network.cut.Load(), server.TokenRequests())
	if network.resets.Load() == 0 || network.truncations.Load() == 0 || network.delays.Load() == 0 || network.cut.Load() == 0 {
		t.Error("got no reset, truncation, delay or outage, want at least one of each")
	}
	run.checkStore(t, observer)

	transport.CloseIdleConnections()
	direct.CloseIdleConnections()
	equal(t, "open bodies", bodies.Load(), 0)
	for wait := time.Now().Add(10 * time.Second); connections.Load() != 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatalf("got %d open connections, want none", connections.Load())
		}
	}
}

// chaosClient returns a client of server. It calls the URLs that rewrite returns.
func chaosClient(t *testing.T, server *sandbox.Server, rewrite func(string) string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(rewrite(server.BaseURL())), client.WithTokenURL(rewrite(server.TokenURL())),
		client.WithScopes("read:owneraccounts", "read:owneraccount:permissions", "write:owneraccount:permissions",
			"read:core:entities", "write:core:entities", "read:grants", "write:grants", "read:logs"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// chaos is the state of one run.
type chaos struct {
	client  *client.Client
	server  *sandbox.Server
	network *network
	owners  []tapkey.OwnerAccount
	calls   int64
	done    atomic.Int64

	mu       sync.Mutex
	created  map[string]bool // by identifier of the contact: whether CreateContact succeeded
	outcomes map[string]int
}

// work calls the operations in turn until the number of calls is reached.
func (r *chaos) work(t *testing.T, worker int) {
	owner, ctx, last := r.owners[worker%len(r.owners)].ID, t.Context(), ""
	for i := 0; ; i++ {
		n := r.done.Add(1)
		if n > r.calls {
			r.done.Add(-1)
			return
		}
		r.disturb(n)
		var err error
		switch i % 8 {
		case 0, 4:
			identifier := fmt.Sprintf("%d-%d@example.com", worker, i)
			var contact tapkey.Contact
			contact, err = r.client.CreateContact(ctx, owner, tapkey.ContactCreate{IPID: new("tapkey"), Identifier: &identifier})
			r.mu.Lock()
			r.created[identifier] = err == nil
			r.mu.Unlock()
			if errors.Is(err, api.ErrConflict) {
				t.Errorf("%s: got error %v, want no conflict: the create was sent twice", identifier, err)
			}
			if last = contact.ID; err == nil && last == "" {
				t.Errorf("%s: got a contact without an id and no error, want an id or an error", identifier)
			}
		case 1:
			_, err = r.client.ListGrants(ctx, owner, nil)
		case 2:
			_, err = r.client.GetOwner(ctx, owner)
		case 3:
			if last != "" {
				_, err = r.client.UpdateContact(ctx, owner, last, tapkey.ContactUpdate{Title: new("New")})
			}
		case 5:
			if last != "" {
				_, err = r.client.RevokeContactGrants(ctx, owner, last)
			}
		case 6:
			items := 0
			for _, err = range r.client.AllLogEntries(ctx, owner, nil) {
				items++
			}
			if err == nil && items != 60 {
				t.Errorf("got %d log entries and no error, want 60 or an error", items)
			}
		case 7:
			err = r.client.DeletePermission(ctx, owner, "none")
			if err == nil {
				t.Error("DeletePermission of an unknown permission: got no error, want one")
			}
		}
		if failed, ok := errors.AsType[*api.Error](err); err != nil && (!ok || failed.Operation == "" || strings.Contains(err.Error(), "\n")) {
			t.Errorf("got error %v, want an *api.Error with an operation on one line", err)
		}
		r.mu.Lock()
		r.outcomes[chaosOutcome(err)]++
		r.mu.Unlock()
	}
}

// chaosOutcome returns the name of an outcome for the log.
func chaosOutcome(err error) string {
	if _, ok := errors.AsType[*client.TokenError](err); ok {
		return "TokenError"
	}
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode == 0 {
		return "no response"
	}
	return outcome(err)
}

// disturb causes an outage, revokes tokens and expires tokens at fixed calls.
func (r *chaos) disturb(n int64) {
	share := r.calls / 10
	switch {
	case n == 5*share:
		r.network.fail(2 * time.Second)
	case n%(2*share) == 0:
		r.server.RevokeTokens()
	case n%(2*share) == share:
		r.server.AdvanceTime(2 * time.Hour) // all tokens expire
	}
}

// checkStore checks that each contact exists at most once, and exactly once if CreateContact
// succeeded.
func (r *chaos) checkStore(t *testing.T, observer *client.Client) {
	t.Helper()
	times := make(map[string]int)
	for _, owner := range r.owners {
		for contact, err := range observer.AllContacts(t.Context(), owner.ID, nil) {
			if err != nil {
				t.Fatal(err)
			}
			times[contact.Identifier]++
		}
	}
	confirmed := 0
	for identifier, created := range r.created {
		if n := times[identifier]; n > 1 || created && n != 1 {
			t.Errorf("%s: got %d contacts, want at most 1, and 1 if created (%t)", identifier, n, created)
		}
		if created {
			confirmed++
		}
	}
	if confirmed == 0 || confirmed == len(r.created) {
		t.Errorf("got %d of %d creates confirmed, want some and not all", confirmed, len(r.created))
	}
}

// network is a TCP proxy that delays, truncates and resets connections.
type network struct {
	listener net.Listener
	target   string
	down     atomic.Bool
	outage   sync.WaitGroup
	serving  sync.WaitGroup

	resets, truncations, delays, cut atomic.Int64
}

func newNetwork(t *testing.T, url string) *network {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	n := &network{listener: listener, target: target}
	n.serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			n.serving.Go(func() { n.serve(conn) })
		}
	})
	return n
}

// rewrite replaces the address of the target in a URL by that of the proxy.
func (n *network) rewrite(url string) string {
	return strings.Replace(url, n.target, n.listener.Addr().String(), 1)
}

// fail starts an outage of length d. It resets every connection that carries data.
func (n *network) fail(d time.Duration) {
	n.down.Store(true)
	n.outage.Add(1)
	time.AfterFunc(d, func() {
		n.down.Store(false)
		n.outage.Done()
	})
}

func (n *network) close() {
	n.listener.Close()
	n.serving.Wait()
}

func (n *network) serve(caller net.Conn) {
	defer caller.Close()
	server, err := net.Dial("tcp", n.target)
	if err != nil {
		return
	}
	defer server.Close()
	up := make(chan struct{})
	go func() {
		defer close(up)
		n.carry(server, caller)
	}()
	n.carry(caller, server)
	<-up
}

// carry copies data from one connection to the other. For each piece it chooses a fault at
// random. A reset and a truncation close both connections.
func (n *network) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 4<<10)
	for {
		size, err := from.Read(buf)
		if err != nil {
			return
		}
		chance := rand.N(100)
		switch {
		case n.down.Load():
			n.cut.Add(1)
			reset(to, from)
			return
		case chance < 2: // the response of an executed request may be lost
			n.resets.Add(1)
			reset(to, from)
			return
		case chance == 2:
			n.truncations.Add(1)
			_, _ = to.Write(buf[:size/2])
			return
		case chance < 13:
			n.delays.Add(1)
			time.Sleep(rand.N(20 * time.Millisecond))
		}
		if _, err := to.Write(buf[:size]); err != nil {
			return
		}
	}
}

// reset makes Close send a TCP reset.
func reset(conns ...net.Conn) {
	for _, conn := range conns {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
}

// trackedConn decrements open when it is closed for the first time.
type trackedConn struct {
	net.Conn
	open *atomic.Int32
	once sync.Once
}

func (c *trackedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}
