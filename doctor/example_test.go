package doctor_test

import (
	"context"
	"fmt"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Explain needs nothing but the error of the call.
func ExampleExplain() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), "an old secret"),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		panic(err)
	}

	_, err = c.ListOwners(context.Background())
	for _, finding := range doctor.Explain(err) {
		fmt.Printf("%s: %s\n", finding.ID, finding.Cause)
	}
	// Output:
	// invalid-client: The token endpoint does not accept the client id and secret.
}

// The client has valid credentials and scopes, but its service account is not an
// administrator of any owner account.
func ExampleDiagnose() {
	newcomer := sandbox.Client{ID: "newcomer", Secret: "secret"}
	server, err := sandbox.Start(sandbox.WithClient(newcomer))
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(
		client.WithCredentials(newcomer.ID, newcomer.Secret),
		client.WithBaseURL(server.BaseURL()),
		client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		panic(err)
	}

	diagnosis := doctor.Diagnose(context.Background(), c, doctor.Options{})
	for _, step := range diagnosis.Steps {
		if step.Finding == nil {
			fmt.Println("passed:", step.Name)
		}
	}
	for _, finding := range diagnosis.Findings {
		fmt.Printf("%s: %s\n", finding.ID, finding.Cause)
	}
	// Output:
	// passed: configuration
	// passed: token endpoint
	// passed: credentials
	// passed: token
	// passed: clock
	// passed: scopes
	// passed: GET /Owners
	// no-owner-accounts: The service account is not an administrator of any owner account. Scopes grant access to endpoints; administrator rights grant access to data.
}
