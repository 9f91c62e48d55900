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

// Remove the end of a grant. A field that is nil is not sent and keeps its value.
func ExampleNull() {
	server, err := sandbox.Start()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithOperations("listOwners", "listGrants", "updateGrant"),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}
	owner := owners[0].ID
	grants, err := c.ListGrants(ctx, owner, nil)
	if err != nil {
		panic(err)
	}
	end := server.Time().AddDate(0, 1, 0) // in production: time.Now()
	grant, err := c.UpdateGrant(ctx, owner, grants[0].ID, tapkey.GrantUpdate{ValidBefore: &end})
	if err != nil {
		panic(err)
	}
	fmt.Println("has an end:", grant.ValidBefore != nil)
	grant, err = c.UpdateGrant(ctx, owner, grant.ID, tapkey.GrantUpdate{}, tapkey.Null("validBefore"))
	if err != nil {
		panic(err)
	}
	fmt.Println("has an end:", grant.ValidBefore != nil)

	_, err = c.UpdateGrant(ctx, owner, grant.ID, tapkey.GrantUpdate{}, tapkey.Null("validUntil"))
	fmt.Println(err)
	// Output:
	// has an end: true
	// has an end: false
	// updateGrant: PATCH /Owners/{ownerAccountId}/Grants/{grantId}: set "validUntil" to null: updateGrant allows it only for "timeRestrictionIcal", "validBefore", "validFrom"
}
