package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
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
// at random, in every way that the sandbox knows. It checks that no create is executed twice,
// that nothing that has succeeded is lost, that no list is incomplete, and that no goroutine,
// connection or body is left. Half of the calls use HTTP/2. TAPKEY_CHAOS_CALLS sets the
// number of calls.
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
	for kind, reason := range chaosExcluded() {
		t.Logf("%s is not injected at random: %s", kind, reason)
	}
	for _, http2 := range []bool{false, true} {
		t.Run(map[bool]string{false: "HTTP1", true: "HTTP2"}[http2], func(t *testing.T) {
			goroutines, heap := stacks(), heapInUse()
			runChaos(t, calls/2, http2)
			checkNothingLeft(t, goroutines, heap)
		})
	}
}

// checkNothingLeft checks that all goroutines end that did not run before, and that the heap
// is about as large as before.
func checkNothingLeft(t *testing.T, goroutines map[string]string, heap uint64) {
	t.Helper()
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

// chaosEntries is the number of log entries of an owner account, chaosLocks that of its locks.
const (
	chaosEntries = 260
	chaosLocks   = 5
)

func runChaos(t *testing.T, calls int, http2 bool) {
	faults := chaosFaults(t)
	server, err := sandbox.Start(sandbox.WithGenerated(8, chaosLocks, chaosEntries))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dialer := &net.Dialer{Timeout: engine.DefaultDialTimeout}
	var connections, bodies atomic.Int32 // open ones
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		connections.Add(1)
		return &trackedConn{Conn: conn, open: &connections}, nil
	}}
	target, config := hostOf(server.BaseURL()), (*tls.Config)(nil)
	if http2 {
		var stop func()
		target, stop = front(t, "http://"+target)
		defer stop()
		transport.TLSClientConfig, transport.ForceAttemptHTTP2 = &tls.Config{}, true
		config, transport.TLSClientConfig.RootCAs = certificate(t)
	}
	network := newNetwork(t, target, config)
	defer network.close()

	var protocols sync.Map
	c := chaosClient(t, server, network.url, client.WithPageSize(20), client.WithReadAhead(1), client.WithMaxResponseBytes(chaosLimit),
		client.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			rsp, err := transport.RoundTrip(req)
			if err == nil {
				protocols.Store(rsp.ProtoMajor, true)
				bodies.Add(1)
				rsp.Body = &trackedBody{ReadCloser: rsp.Body, open: &bodies}
			}
			return rsp, err
		})}))
	wide, err := c.With(client.WithPageSize(150))
	if err != nil {
		t.Fatal(err)
	}
	direct := &http.Transport{}
	observer := chaosClient(t, server, strings.TrimSuffix(server.BaseURL(), "/api/v1"),
		client.WithHTTPClient(&http.Client{Transport: direct}))
	owners, err := observer.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	locks := make(map[string]string)
	for _, owner := range owners {
		list, err := observer.ListBoundLocks(t.Context(), owner.ID, nil)
		if err != nil || len(list) != chaosLocks {
			t.Fatalf("ListBoundLocks: got %d locks and error %v, want %d", len(list), err, chaosLocks)
		}
		locks[owner.ID] = list[0].ID
	}
	for _, fault := range faults {
		if err := server.Inject(fault); err != nil {
			t.Fatalf("%v; want settings or an exclusion for this kind", err)
		}
	}

	run := &chaos{
		client: c, wide: wide, server: server, network: network, owners: owners, locks: locks, calls: int64(calls),
		contacts: make(map[string]bool), grants: make(map[string]bool), updated: make(map[string]bool),
		outcomes: make(map[string]int), faults: make(map[sandbox.FaultKind]bool),
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
	run.checkRequests(t)
	t.Logf("%d calls: %v", run.done.Load(), run.outcomes)
	t.Logf("%d resets, %d truncations, %d delays, %d streams reset, %d GOAWAY, %d connections ended by the outage, %d token requests",
		network.resets.Load(), network.truncations.Load(), network.delays.Load(), network.streams.Load(), network.goAways.Load(),
		network.cut.Load(), server.TokenRequests())
	t.Logf("%d kinds of faults: %v", len(run.faults), slices.Sorted(maps.Keys(run.faults)))
	run.checkFaults(t, http2, faults)
	if _, used := protocols.Load(2); used != http2 {
		t.Errorf("got HTTP/2: %t, want %t", used, http2)
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

// chaosClient returns a client of server that calls the host of a URL.
func chaosClient(t *testing.T, server *sandbox.Server, url string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(append([]client.Option{
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(url + "/api/v1"), client.WithTokenURL(url + "/connect/token"),
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
	wide    *client.Client // with larger pages
	server  *sandbox.Server
	network *network
	owners  []tapkey.OwnerAccount
	locks   map[string]string // a lock of each owner account
	calls   int64
	done    atomic.Int64

	mu       sync.Mutex
	contacts map[string]bool // by identifier: whether CreateContact succeeded
	grants   map[string]bool // by identifier of the contact: whether CreateGrant succeeded
	updated  map[string]bool // by id of the contact: UpdateContact succeeded
	outcomes map[string]int
	faults   map[sandbox.FaultKind]bool // that applied to a request
}

// work calls the operations in turn until the number of calls is reached.
func (r *chaos) work(t *testing.T, worker int) {
	owner, ctx, last := r.owners[worker%len(r.owners)].ID, t.Context(), ""
	lock := r.locks[owner]
	for i := worker; ; i++ { // at any time, the workers are at different operations
		n := r.done.Add(1)
		if n > r.calls {
			r.done.Add(-1)
			return
		}
		r.disturb(t, n)
		var err error
		receiver := fmt.Sprintf("%d-%d@example.com", worker, i)
		switch i % 10 {
		case 0, 4:
			var contact tapkey.Contact
			contact, err = r.client.CreateContact(ctx, owner, tapkey.ContactCreate{IPID: new("tapkey"), Identifier: &receiver})
			r.note(t, r.contacts, receiver, contact.ID, err)
			last = contact.ID
		case 1:
			_, err = r.client.ListGrants(ctx, owner, &tapkey.ListGrantsParams{Top: new(5)})
		case 2:
			_, err = r.client.GetOwner(ctx, owner)
		case 3:
			if last == "" {
				break
			}
			if _, err = r.client.UpdateContact(ctx, owner, last, tapkey.ContactUpdate{Title: new("New")}); err == nil {
				r.mu.Lock()
				r.updated[last] = true
				r.mu.Unlock()
			}
		case 5:
			if last != "" {
				_, err = r.client.RevokeContactGrants(ctx, owner, last)
			}
		case 6:
			err = countAll(t, "log entries", chaosEntries, r.wide.AllLogEntries(ctx, owner, &tapkey.ListLogEntriesParams{Select: new("id")}))
		case 7:
			if err = r.client.DeletePermission(ctx, owner, "none"); err == nil {
				t.Error("DeletePermission of an unknown permission: got no error, want one")
			}
		case 8:
			err = countAll(t, "log entries of a lock", chaosEntries/chaosLocks, r.client.AllBoundLockLogEntries(ctx, owner, lock, nil))
		case 9:
			var grant tapkey.Grant
			grant, err = r.client.CreateGrant(ctx, owner, tapkey.GrantCreate{BoundLockID: lock, Contact: &tapkey.GrantContact{Identifier: receiver}})
			r.note(t, r.grants, receiver, grant.ID, err)
		}
		if failed, ok := errors.AsType[*api.Error](err); err != nil && (!ok || failed.Operation == "" || strings.Contains(err.Error(), "\n")) {
			t.Errorf("got error %v, want an *api.Error with an operation on one line", err)
		}
		name := chaosOutcome(err)
		r.mu.Lock()
		r.outcomes[name]++
		r.mu.Unlock()
		if name == tokenOutcome || name == "ErrUnauthorized" { // calls may fail at once until the next token request
			time.Sleep(500 * time.Millisecond)
		}
	}
}

// countAll reads a list to its end, which must have a number of items if there is no error.
func countAll[T any](t *testing.T, what string, want int, list iter.Seq2[T, error]) error {
	items := 0
	for _, err := range list {
		if err != nil {
			return err
		}
		items++
	}
	if items != want {
		t.Errorf("got %d %s and no error, want %d or an error", items, what, want)
	}
	return nil
}

// note records whether a create succeeded, in a map by identifier of the contact.
func (r *chaos) note(t *testing.T, created map[string]bool, identifier, id string, err error) {
	r.mu.Lock()
	created[identifier] = err == nil
	r.mu.Unlock()
	if err == nil && id == "" {
		t.Errorf("%s: got an item without an id and no error, want an id or an error", identifier)
	}
	if failed, ok := errors.AsType[*api.Error](err); ok && errors.Is(err, api.ErrConflict) && failed.Header.Get("Sandbox-Fault") == "" {
		t.Errorf("%s: got error %v, want no conflict: the create was sent twice", identifier, err)
	}
}

// tokenOutcome is the outcome of a call without a token.
const tokenOutcome = "TokenError"

// chaosOutcome returns the name of an outcome for the log.
func chaosOutcome(err error) string {
	if _, ok := errors.AsType[*client.TokenError](err); ok {
		return tokenOutcome
	}
	if failed, ok := errors.AsType[*api.Error](err); ok && failed.StatusCode == 0 {
		return "no response"
	}
	return outcome(err)
}

// disturb causes an outage, refuses connections, revokes tokens and expires tokens at fixed
// calls. From time to time it checks the requests, before the sandbox forgets them.
func (r *chaos) disturb(t *testing.T, n int64) {
	share := r.calls / 10
	switch {
	case n == 5*share:
		r.network.fail(2 * time.Second)
	case n == 7*share+share/2:
		if err := r.server.Inject(sandbox.Fault{Kind: sandbox.FaultRefused, Delay: 200 * time.Millisecond}); err != nil {
			t.Error(err)
		}
	case n%(2*share) == 0:
		r.server.RevokeTokens()
	case n%(2*share) == share:
		r.server.AdvanceTime(2 * time.Hour) // all tokens expire
	case n%2000 == 0:
		r.checkRequests(t)
	}
}

// checkRequests checks that the server has refused no create as a duplicate, whether or not
// the client has received that response: every create is of an item that does not exist.
func (r *chaos) checkRequests(t *testing.T) {
	t.Helper()
	requests := r.server.Requests()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, request := range requests {
		var kinds []string
		if request.Fault != "" {
			kinds = strings.Split(request.Fault, ",")
		}
		for _, kind := range kinds {
			r.faults[sandbox.FaultKind(kind)] = true
		}
		create := request.Operation == "createContact" || request.Operation == "createGrant"
		if create && request.Status == http.StatusConflict && !slices.Contains(kinds, string(sandbox.Fault409)) {
			t.Errorf("%s %s (fault %q): got 409, want no conflict: the create was sent twice", request.Method, request.Path, request.Fault)
		}
	}
}

// checkFaults checks that the network and the server have failed in every way. A kind of
// fault may miss a short run.
func (r *chaos) checkFaults(t *testing.T, http2 bool, injected []sandbox.Fault) {
	t.Helper()
	for what, n := range map[string]int64{
		"resets": r.network.resets.Load(), "truncations": r.network.truncations.Load(), "delays": r.network.delays.Load(),
		"connections ended by the outage": r.network.cut.Load(), "streams reset": r.network.streams.Load(), "GOAWAY": r.network.goAways.Load(),
	} {
		onlyHTTP2 := what == "streams reset" || what == "GOAWAY"
		if n == 0 && (http2 || !onlyHTTP2) && (r.calls >= 20_000 || !http2) {
			t.Errorf("got no %s, want at least one", what)
		}
	}
	if r.calls < 20_000 {
		return
	}
	for _, fault := range injected {
		if !r.faults[fault.Kind] && fault.Operation != "token" { // which has few requests
			t.Errorf("fault %s: got no request that it applied to, want at least one", fault.Kind)
		}
	}
}

// checkStore checks that each contact and each grant exists at most once, and exactly once
// if its create succeeded, and that no update is lost.
func (r *chaos) checkStore(t *testing.T, observer *client.Client) {
	t.Helper()
	contacts, grants, updated := make(map[string]int), make(map[string]int), 0
	for _, owner := range r.owners {
		for contact, err := range observer.AllContacts(t.Context(), owner.ID, nil) {
			if err != nil {
				t.Fatal(err)
			}
			contacts[contact.Identifier]++
			if r.updated[contact.ID] {
				updated++
				equal(t, "title of an updated contact", contact.Title, "New")
			}
		}
		for grant, err := range observer.AllGrants(t.Context(), owner.ID, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if grant.Contact != nil {
				grants[grant.Contact.Identifier]++
			}
		}
	}
	equal(t, "updated contacts that exist", updated, len(r.updated))
	checkCreated(t, "contacts", contacts, r.contacts)
	checkCreated(t, "grants", grants, r.grants)
	for identifier, n := range contacts {
		if _, ok := r.grants[identifier]; ok && n != 1 {
			t.Errorf("%s: got %d contacts of a grant, want 1", identifier, n)
		}
	}
}

// checkCreated compares the items that exist, counted by identifier, with what is known of
// their creates.
func checkCreated(t *testing.T, what string, existing map[string]int, created map[string]bool) {
	t.Helper()
	confirmed, unconfirmed := 0, 0
	for identifier, ok := range created {
		n := existing[identifier]
		if n > 1 || ok && n != 1 {
			t.Errorf("%s: got %d %s, want at most 1, and 1 if created (%t)", identifier, n, what, ok)
		}
		switch {
		case ok:
			confirmed++
		case n == 1:
			unconfirmed++
		}
	}
	t.Logf("%d of %d %s created: %d confirmed, %d whose response was lost", confirmed+unconfirmed, len(created), what, confirmed, unconfirmed)
	if len(created) >= 100 && (confirmed == 0 || confirmed == len(created)) {
		t.Errorf("got %d of %d %s confirmed, want some and not all", confirmed, len(created), what)
	}
}
