package access_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tapkey-go/tapkey-go/access"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
	"github.com/tapkey-go/tapkey-go/schedule"
)

// sandboxClient returns a client of a new sandbox, and the id of its owner account.
func sandboxClient(ctx context.Context) (c *client.Client, owner string, stop func()) {
	server, err := sandbox.Start(sandbox.WithOwner(sandbox.Owner{
		Name: "Hotel", Locks: []string{"Entrance", "Room 1"}, Contacts: []string{"owner@example.com", "sam@example.com"},
		Grants: []sandbox.SeedGrant{{Lock: "Room 1", Contact: "sam@example.com"}},
	}))
	if err != nil {
		panic(err)
	}
	c, err = client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
		client.WithOperations("listOwners", "listBoundLocks", "listContacts", "listBoundCards", "listGrants",
			"getContact", "createContact", "createGrant", "updateGrant", "revokeGrant"))
	if err != nil {
		panic(err)
	}
	owners, err := c.ListOwners(ctx)
	if err != nil {
		panic(err)
	}
	return c, owners[0].ID, func() { server.Close() }
}

// Two bookings of one guest for one room become one grant.
func Example() {
	ctx := context.Background()
	c, owner, stop := sandboxClient(ctx)
	defer stop()
	dir, err := os.MkdirTemp("", "access")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	state, err := access.OpenState(filepath.Join(dir, "bookings.state"))
	if err != nil {
		panic(err)
	}
	defer state.Close()
	day := func(n int) time.Time { return time.Date(2098, 1, n, 12, 0, 0, 0, time.UTC) }
	kim := access.Who{Email: "kim@example.com"}
	wants := []access.Want{
		{Who: kim, Lock: "Room 1", From: day(1), Until: day(3), Ref: "B-1"},
		{Who: kim, Lock: "Room 1", From: day(3), Until: day(5), Ref: "B-2"},
	}

	plan, err := access.Plan(ctx, c, owner, wants, access.Scope{State: state})
	if err != nil {
		panic(err)
	}
	for _, change := range plan.Changes {
		fmt.Println(change.Action, change.Who, change.LockTitle, change.Refs)
	}
	if err := plan.Apply(ctx, c, access.Options{State: state, Limiter: access.PerSecond(50)}); err != nil {
		panic(err)
	}

	again, err := access.Plan(ctx, c, owner, wants, access.Scope{State: state})
	if err != nil {
		panic(err)
	}
	fmt.Println(again.Empty())
	// Output:
	// create contact kim@example.com  []
	// create kim@example.com Room 1 [B-1 B-2]
	// true
}

// A grant for a single person, created only if it does not exist.
func ExampleEnsureGrant() {
	ctx := context.Background()
	c, owner, stop := sandboxClient(ctx)
	defer stop()

	office := schedule.Weekly(time.UTC, schedule.Weekdays, "08:00", "18:00")
	want := access.Want{Who: access.Who{Email: "kim@example.com"}, Lock: "Entrance", Schedule: &office}
	first, err := access.EnsureGrant(ctx, c, owner, want)
	if err != nil {
		panic(err)
	}
	second, err := access.EnsureGrant(ctx, c, owner, want)
	if err != nil {
		panic(err)
	}
	fmt.Println(first.ID == second.ID)
	// Output:
	// true
}

// All access of a tenant is taken away and given back.
func ExampleSuspend() {
	ctx := context.Background()
	c, owner, stop := sandboxClient(ctx)
	defer stop()

	suspension, err := access.NewSuspension(ctx, c, owner, access.Who{Email: "sam@example.com"})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(suspension.Grants), "grant for", suspension.Grants[0].LockTitle)
	// Store the suspension, for example as JSON, before the next call.
	if err := access.Suspend(ctx, c, suspension, access.Options{}); err != nil {
		panic(err)
	}
	if err := access.Restore(ctx, c, suspension, access.Options{}); err != nil {
		panic(err)
	}
	restored, err := access.NewSuspension(ctx, c, owner, access.Who{Email: "sam@example.com"})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(restored.Grants), "grant for", restored.Grants[0].LockTitle)
	// Output:
	// 1 grant for Room 1
	// 1 grant for Room 1
}
