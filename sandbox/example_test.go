package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tapkey-go/tapkey-go/api"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A program lists owner accounts while Tapkey is temporarily unavailable.
func Example() {
	s, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer s.Close()
	c, err := client.New(client.WithCredentials(s.ClientID(), s.ClientSecret()),
		client.WithBaseURL(s.BaseURL()), client.WithTokenURL(s.TokenURL()))
	if err != nil {
		panic(err)
	}
	if err := s.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listOwners", Count: 1}); err != nil {
		panic(err)
	}
	owners, err := c.ListOwners(context.Background())
	fmt.Println(len(owners), owners[0].Name, err)
	fmt.Println(s.Count("listOwners"), "requests for owners,", s.TokenRequests(), "for a token")
	// Output:
	// 4 Home <nil>
	// 2 requests for owners, 1 for a token
}

// An owner account with given contents replaces the default ones.
func ExampleStart() {
	s, err := sandbox.Start(sandbox.WithOwner(sandbox.Owner{
		Name: "Hotel", Locks: []string{"Entrance", "Room 1"}, Contacts: []string{"guest@example.com"},
		Grants: []sandbox.SeedGrant{{Lock: "Room 1", Contact: "guest@example.com"}},
	}))
	if err != nil {
		panic(err)
	}
	defer s.Close()
	c, err := client.New(client.WithCredentials(s.ClientID(), s.ClientSecret()),
		client.WithBaseURL(s.BaseURL()), client.WithTokenURL(s.TokenURL()),
		client.WithScopes("read:owneraccounts", "read:grants"))
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	for owner, err := range c.AllOwners(ctx) {
		if err != nil {
			panic(err)
		}
		grants, err := c.ListGrants(ctx, owner.ID, nil)
		if err != nil {
			panic(err)
		}
		fmt.Println(owner.Name, len(grants), grants[0].BoundLock.Title, grants[0].Contact.Identifier)
	}
	// Output:
	// Hotel 1 Room 1 guest@example.com
}

// The response to a create is lost. The contact has been created, so that the client must
// not retry the request.
func ExampleServer_Inject() {
	s, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer s.Close()
	c, err := client.New(client.WithCredentials(s.ClientID(), s.ClientSecret()),
		client.WithBaseURL(s.BaseURL()), client.WithTokenURL(s.TokenURL()),
		client.WithScopes("read:owneraccounts", "read:core:entities", "write:core:entities"))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}

	fault, err := sandbox.ParseFault("close-body,operation=createContact,count=1")
	if err != nil {
		panic(err)
	}
	if err := s.Inject(fault); err != nil {
		panic(err)
	}
	guest := tapkey.ContactCreate{IPID: new("tapkey"), Identifier: new("guest@example.com")}
	_, err = c.CreateContact(ctx, owners[0].ID, guest)
	fmt.Println("failed:", err != nil, "after", s.Count("createContact"), "request")
	_, err = c.CreateContact(ctx, owners[0].ID, guest)
	fmt.Println("exists:", errors.Is(err, api.ErrConflict))
	// Output:
	// failed: true after 1 request
	// exists: true
}

// The recorded requests hold no credentials.
func ExampleServer_Requests() {
	s, err := sandbox.Start(sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault429RetryAfter, Count: 1, RetryAfter: "0"}))
	if err != nil {
		panic(err)
	}
	defer s.Close()
	c, err := client.New(client.WithCredentials(s.ClientID(), s.ClientSecret()),
		client.WithBaseURL(s.BaseURL()), client.WithTokenURL(s.TokenURL()))
	if err != nil {
		panic(err)
	}
	if _, err := c.ListOwners(context.Background()); err != nil {
		panic(err)
	}
	for _, r := range s.Requests() {
		fmt.Println(r.Status, r.Method, r.Path, r.Header["Authorization"])
	}
	// Output:
	// 200 POST /connect/token []
	// 429 GET /api/v1/Owners [Bearer [redacted]]
	// 200 GET /api/v1/Owners [Bearer [redacted]]
}

// Tokens expire when the clock is advanced.
func ExampleServer_AdvanceTime() {
	s, err := sandbox.Start(sandbox.WithTokenLifetime(time.Hour))
	if err != nil {
		panic(err)
	}
	defer s.Close()
	c, err := client.New(client.WithCredentials(s.ClientID(), s.ClientSecret()),
		client.WithBaseURL(s.BaseURL()), client.WithTokenURL(s.TokenURL()))
	if err != nil {
		panic(err)
	}
	for range 2 {
		if _, err := c.ListOwners(context.Background()); err != nil {
			panic(err)
		}
		s.AdvanceTime(2 * time.Hour)
	}
	fmt.Println(s.TokenRequests(), "tokens,", s.Count("listOwners"), "requests for owners")
	// Output:
	// 2 tokens, 3 requests for owners
}
