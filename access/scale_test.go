package access_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// 10,000 wants are compared with 10,000 grants in one request for each list.
func TestPlanRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 grants: not run with -short")
	}
	account := sandbox.Owner{Name: "Large"}
	var wants []access.Want
	for i := range 100 {
		account.Locks = append(account.Locks, fmt.Sprint("Lock ", i))
		account.Contacts = append(account.Contacts, fmt.Sprintf("person%d@example.com", i))
	}
	for _, lock := range account.Locks {
		for _, contact := range account.Contacts {
			account.Grants = append(account.Grants, sandbox.SeedGrant{Lock: lock, Contact: contact})
			wants = append(wants, access.Want{Who: access.Who{Email: contact}, Lock: lock})
		}
	}
	wants = wants[:len(wants)-300] // 3 percent are to be revoked
	server, c := start(t, sandbox.WithOwner(account))
	owner := ownerNamed(t, c, "Large")
	server.ForgetRequests()
	plan, err := access.Plan(t.Context(), c, owner, wants, access.Scope{Locks: account.Locks, Exclusive: true})
	must(t, err)
	equal(t, "requests", len(server.Requests()), 3)
	equal(t, "managed grants", plan.Managed, 10_000)
	equal(t, "wants", plan.Wants, 9_700)
	equal(t, "changes", len(plan.Changes), 10_000)

	server.ForgetRequests()
	limiter := new(counter)
	must(t, plan.Apply(t.Context(), c, access.Options{Limiter: limiter}))
	equal(t, "revocations", server.Count("revokeGrant"), 300)
	equal(t, "requests", len(server.Requests()), 300)
	equal(t, "calls of the limiter", limiter.n.Load(), 300)
}

// counter is a Limiter that counts.
type counter struct{ n atomic.Int64 }

func (c *counter) Wait(ctx context.Context) error {
	c.n.Add(1)
	return ctx.Err()
}

func TestPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter, begin := access.PerSecond(10), time.Now()
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() {
				for range 10 {
					if err := limiter.Wait(t.Context()); err != nil {
						t.Errorf("Wait: got %v, want no error", err)
					}
				}
			})
		}
		callers.Wait()
		must(t, limiter.Wait(t.Context())) // the 101st
		equal(t, "time for 101 calls", time.Since(begin), 10*time.Second)

		slow, begin := access.PerSecond(1e-300), time.Now()
		must(t, slow.Wait(t.Context()))
		must(t, slow.Wait(t.Context()))
		equal(t, "time for 2 calls", time.Since(begin), 24*time.Hour)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := limiter.Wait(ctx); err == nil {
			t.Error("Wait with a canceled context: got no error, want one")
		}
	})
}

// 10,000 changes of a plan are made at the rate of the limiter, on the clock of a synctest bubble.
func TestApplyAtTheRate(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 changes: not run with -short")
	}
	const n, rate = 10_000, 50
	synctest.Test(t, func(t *testing.T) {
		var changes []time.Time
		var mu sync.Mutex
		transport := changed{lists: n, change: func() {
			mu.Lock()
			defer mu.Unlock()
			changes = append(changes, time.Now())
		}}
		c, err := client.New(client.WithTokenSource(staticToken()), client.WithHTTPClient(httpClient(transport)))
		must(t, err)
		wants := make([]access.Want, n)
		for i := range wants {
			wants[i] = access.Want{Who: access.Who{Email: fmt.Sprintf("p%d@example.com", i)}, Lock: "Door", Until: time.Date(2091, 1, 1, 0, 0, 0, 0, time.UTC)}
		}
		plan, err := access.Plan(t.Context(), c, "owner", wants, access.Scope{Locks: []string{"Door"}, Exclusive: true})
		must(t, err)
		must(t, plan.Apply(t.Context(), c, access.Options{Limiter: access.PerSecond(rate)}))
		equal(t, "changes", len(changes), n)
		for i := rate; i < len(changes); i++ {
			if got := changes[i].Sub(changes[i-rate]); got < time.Second {
				t.Fatalf("changes %d to %d: got %v, want at least 1s", i-rate, i, got)
			}
		}
		equal(t, "time for all changes", changes[n-1].Sub(changes[0]).Round(time.Second), n/rate*time.Second)
	})
}

// changed is lists whose items can be changed.
type changed struct {
	lists
	change func()
}

func (c changed) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		return c.lists.RoundTrip(req)
	}
	c.change()
	return &http.Response{StatusCode: 204, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// The memory for a want does not depend on the number of wants.
func TestPlanMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("memory of 10,000 wants: not run with -short")
	}
	small, large := bytesPerWant(t, 1_000), bytesPerWant(t, 10_000)
	t.Logf("%.0f bytes for each of 1,000 wants, %.0f for each of 10,000", small, large)
	if large > 1.3*small {
		t.Errorf("allocated bytes per want: got %.0f of 10,000, want at most 1.3 times the %.0f of 1,000", large, small)
	}
}

// bytesPerWant returns the bytes that Plan allocates for each of n wants and n grants.
func bytesPerWant(t *testing.T, n int) float64 {
	t.Helper()
	c, err := client.New(
		client.WithTokenSource(staticToken()), client.WithHTTPClient(httpClient(lists(n))))
	must(t, err)
	wants := make([]access.Want, n)
	for i := range wants {
		wants[i] = access.Want{Who: access.Who{Email: fmt.Sprintf("p%d@example.com", i)}, Lock: "Door", Until: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	var before, after runtime.MemStats
	plan := func() {
		set, err := access.Plan(t.Context(), c, "owner", wants, access.Scope{Locks: []string{"Door"}, Exclusive: true})
		must(t, err)
		equal(t, "changes", len(set.Changes), n)
		equal(t, "empty", set.Empty(), true)
	}
	plan()
	runtime.ReadMemStats(&before)
	plan()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
}

// lists is an http.RoundTripper that returns one lock, and a number of contacts and grants.
type lists int

func (n lists) RoundTrip(req *http.Request) (*http.Response, error) {
	items := []string{`{"id":"door","title":"Door","targetType":"Lock"}`}
	if !strings.HasSuffix(req.URL.Path, "BoundLocks") {
		items = make([]string, n)
	}
	for i := range items {
		switch {
		case strings.HasSuffix(req.URL.Path, "Contacts"):
			items[i] = fmt.Sprintf(`{"id":"c%d","identifier":"p%[1]d@example.com","ipId":"tapkey"}`, i)
		case strings.HasSuffix(req.URL.Path, "Grants"):
			items[i] = fmt.Sprintf(`{"id":"g%d","active":true,"state":"Ok","boundLockId":"door","contactId":"c%[1]d","validBefore":"2090-01-01T00:00:00Z"}`, i)
		}
	}
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(strings.NewReader("[" + strings.Join(items, ",") + "]")),
	}, nil
}
