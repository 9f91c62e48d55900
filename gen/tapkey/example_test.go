package tapkey_test

import (
	"context"
	"fmt"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A program takes the calls from package client, and the types of parameters and values from
// this package.
func Example() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithOperations("listOwners", "listBoundLocks"),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}
	locks, err := c.ListBoundLocks(ctx, owners[0].ID, &tapkey.ListBoundLocksParams{Top: new(2)})
	if err != nil {
		panic(err)
	}
	for _, lock := range locks {
		fmt.Println(lock.Title)
	}
	// Output:
	// Entrance Door
	// Garage
}
