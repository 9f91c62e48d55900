package sandbox_test

import (
	"context"
	"fmt"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A test of a service that lists owner accounts: what it does, and what it does when
// Tapkey is busy.
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
	if err := s.Inject(sandbox.Fault{Kind: "503", Operation: "listOwners", Count: 1}); err != nil {
		panic(err)
	}
	owners, err := c.ListOwners(context.Background())
	fmt.Println(len(owners), owners[0].Name, err)
	fmt.Println(s.Count("listOwners"), "requests for owners,", s.TokenRequests(), "for a token")
	// Output:
	// 4 Home <nil>
	// 2 requests for owners, 1 for a token
}
