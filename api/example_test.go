package api_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
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
