// Grant-access gives a contact access to a lock for one day, like Tapkey's .NET console
// sample: select an owner account and a lock, identify the contact by e-mail address, and
// create a grant. Without -owner or -lock it lists the values to choose from. To try it on
// the sandbox, set the variables that "go run ./cmd/tapkey sandbox" prints, and run:
//
//	go run ./grant-access -owner Home -lock Garage -contact guest@example.com
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
)

func main() {
	owner := flag.String("owner", "", "name of the owner account")
	lock := flag.String("lock", "", "title of the lock")
	contact := flag.String("contact", "", "e-mail address of the contact")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := grantOneDay(ctx, *owner, *lock, *contact)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func grantOneDay(ctx context.Context, ownerName, lockTitle, contact string) error {
	c, err := client.New(client.FromEnv(), client.WithScopes(
		"read:owneraccounts", "read:core:entities", "write:core:entities", "write:grants"))
	if err != nil {
		return err
	}
	owners, err := c.ListOwners(ctx)
	if err != nil {
		return err
	}
	owner, err := choose("owner", ownerName, owners, func(o tapkey.OwnerAccount) string { return o.Name })
	if err != nil {
		return err
	}
	params := &tapkey.ListBoundLocksParams{Select: new("id,title")}
	if lockTitle != "" {
		params.Filter = new(odata.Eq("title", lockTitle).String())
	}
	locks, err := c.ListBoundLocks(ctx, owner.ID, params)
	if err != nil {
		return err
	}
	lock, err := choose("lock", lockTitle, locks, func(l tapkey.BoundLock) string { return l.Title })
	if err != nil {
		return err
	}
	if contact == "" {
		return errors.New("-contact is required")
	}
	from := time.Now().UTC()
	until := from.AddDate(0, 0, 1)
	grant, err := c.CreateGrant(ctx, owner.ID, tapkey.GrantCreate{
		BoundLockID: lock.ID,
		Contact:     &tapkey.GrantContact{Identifier: contact}, // created if it does not exist
		ValidFrom:   &from,
		ValidBefore: &until,
	})
	if err != nil {
		return err
	}
	fmt.Printf("%s may open %q until %s (grant %s)\n", contact, lock.Title, until.Local().Format(time.RFC1123), grant.ID)
	return nil
}

// choose returns the only item with that name. If name is empty, the error lists all names.
func choose[T any](flag, name string, items []T, nameOf func(T) string) (T, error) {
	var found []T
	var names strings.Builder
	for _, item := range items {
		fmt.Fprintf(&names, "\n  %q", nameOf(item))
		if nameOf(item) == name {
			found = append(found, item)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case name == "":
		return *new(T), fmt.Errorf("-%s is required; %d to choose from:%s", flag, len(items), &names)
	default:
		return *new(T), fmt.Errorf("-%s %q matches %d, want exactly 1; omit it to list all", flag, name, len(found))
	}
}
