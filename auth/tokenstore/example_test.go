package tokenstore_test

import (
	"context"
	"fmt"
	"os"

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A command that runs every minute uses its token for as long as it is valid.
func Example() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	dir, err := os.MkdirTemp("", "tokens-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	for range 3 { // three runs of the command
		store, err := tokenstore.NewFiles(dir)
		if err != nil {
			panic(err)
		}
		c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithTokenStore(store),
			client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
		if err != nil {
			panic(err)
		}
		if _, err := c.ListOwners(context.Background()); err != nil {
			panic(err)
		}
	}
	fmt.Println(server.Count("listOwners"), "calls,", server.TokenRequests(), "token request")
	// Output:
	// 3 calls, 1 token request
}
