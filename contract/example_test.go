package contract_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A service compares the requests that it sends and the responses that it receives with the
// contract.
func Example() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	checked, err := contract.NewTransport()
	if err != nil {
		panic(err)
	}
	c, err := client.New(client.WithHTTPClient(&http.Client{Transport: checked}),
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	if err != nil {
		panic(err)
	}
	if _, err := c.ListOwners(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(len(checked.Findings()), "findings")
	// Output:
	// 0 findings
}
