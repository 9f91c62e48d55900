package logfeed_test

import (
	"context"
	"fmt"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/logfeed"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A program delivers the whole log of an owner account once.
func ExampleFollow() {
	server, err := sandbox.Start(sandbox.WithGenerated(1, 3, 25))
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithOperations("listOwners", "listLogEntries"),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}
	entries := 0
	for batch, err := range logfeed.Follow(ctx, c, owners[0].ID, logfeed.Options{Once: true}) {
		if err != nil {
			panic(err)
		}
		entries += len(batch.Entries)
		if err := batch.Ack(ctx); err != nil {
			panic(err)
		}
	}
	fmt.Println(entries, "entries")
	// Output:
	// 25 entries
}
