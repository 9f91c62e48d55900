package doctor_test

import (
	"context"
	"fmt"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/doctor"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// A call was refused. Its error is all there is, and all that is looked at.
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
		fmt.Println(finding.ID+":", finding.Cause)
	}
	// Output:
	// invalid-client: The token endpoint does not accept the client id and secret.
}

// A client with good credentials and scopes, and a service account that nobody has made an
// administrator of an owner account.
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
	for _, rung := range diagnosis.Rungs {
		if rung.Finding == nil {
			fmt.Println("fine:", rung.Name)
		}
	}
	for _, finding := range diagnosis.Findings {
		fmt.Println(finding.ID+":", finding.Cause)
	}
	// Output:
	// fine: configuration
	// fine: token endpoint
	// fine: credentials
	// fine: token
	// fine: clock
	// fine: scopes
	// fine: GET /Owners
	// no-owner-accounts: The service account is administrator of no owner account: a scope opens endpoints, administration opens data.
}
