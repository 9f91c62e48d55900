package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// counter is a RoundTripper that counts requests by operation.
type counter struct {
	next http.RoundTripper
	mu   sync.Mutex
	n    map[string]int
}

func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	if op, ok := api.OperationFromContext(req.Context()); ok {
		c.mu.Lock()
		c.n[op.Method+" "+op.Path]++
		c.mu.Unlock()
	}
	return c.next.RoundTrip(req)
}

// Metrics named by path template: its values are few, where paths, which have ids in
// them, are many.
func ExampleOperationFromContext() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	requests := &counter{next: http.DefaultTransport, n: map[string]int{}}
	c, err := client.New(
		client.WithHTTPClient(&http.Client{Transport: requests}),
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}
	for _, owner := range owners {
		if _, err := c.GetOwner(ctx, owner.ID); err != nil {
			panic(err)
		}
	}
	const one = "GET /Owners/{ownerAccountId}"
	fmt.Println(one, requests.n[one])
	// Output:
	// GET /Owners/{ownerAccountId} 4
}

// Create a grant once, although the response is lost: look whether it exists before it is
// created again.
func ExampleMaybeDone() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
		client.WithScopes("read:owneraccounts", "read:core:entities", "read:grants", "write:grants"),
	)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}
	owner := owners[2].ID
	locks, err := c.ListBoundLocks(ctx, owner, nil)
	if err != nil {
		panic(err)
	}
	contacts, err := c.ListContacts(ctx, owner, nil)
	if err != nil {
		panic(err)
	}
	until := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	wanted := tapkey.GrantCreate{BoundLockID: locks[0].ID, ContactID: &contacts[0].ID, ValidBefore: &until}

	// The grant is created, but the connection is closed before the response.
	if err := server.Inject(sandbox.Fault{Kind: sandbox.FaultCloseBody, Operation: "createGrant", Count: 1}); err != nil {
		panic(err)
	}
	_, err = c.CreateGrant(ctx, owner, wanted)
	if api.MaybeDone(err) {
		fmt.Println("maybe done")
		all, err := c.ListGrants(ctx, owner, nil)
		if err != nil {
			panic(err)
		}
		if !slices.ContainsFunc(all, func(g tapkey.Grant) bool {
			return g.BoundLockID == wanted.BoundLockID && g.ContactID == *wanted.ContactID && g.ValidBefore != nil && g.ValidBefore.Equal(until)
		}) {
			if _, err := c.CreateGrant(ctx, owner, wanted); err != nil {
				panic(err)
			}
		}
	}
	fmt.Println(server.Count("createGrant"), "request")
	// Output:
	// maybe done
	// 1 request
}

func ExampleContextWithResponse() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	if err != nil {
		panic(err)
	}

	rsp := api.Response{MaxBodyBytes: 64 << 10} // to read fields that the contract does not have yet
	owners, err := c.ListOwners(api.ContextWithResponse(context.Background(), &rsp))
	if err != nil {
		panic(err)
	}
	var raw []struct{ ID string }
	if err := json.Unmarshal(rsp.Body, &raw); err != nil {
		panic(err)
	}
	fmt.Println(rsp.StatusCode, rsp.Attempts, len(raw) == len(owners))
	// Output: 200 1 true
}
