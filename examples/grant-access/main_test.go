package main

import (
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/odata"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestGrantForOneDay(t *testing.T) {
	server := exampletest.Start(t)
	program, env := exampletest.Build(t), exampletest.Environment(server)
	before := time.Now()
	got := exampletest.Run(t, env, program, "-owner", "Home", "-lock", "Garage", "-contact", "guest@example.com")
	const want = `guest@example.com may open "Garage" until `
	if got.Status != 0 || got.Stderr != "" || !strings.HasPrefix(got.Stdout, want) {
		t.Fatalf("got %v, want status 0 and stdout starting with %q", got, want)
	}

	c := exampletest.Client(t, server, "read:owneraccounts", "read:core:entities", "read:grants")
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	guest := odata.Eq("identifier", "guest@example.com").String()
	contacts, err := c.ListContacts(t.Context(), owners[0].ID, &tapkey.ListContactsParams{Filter: &guest})
	if err != nil || len(contacts) != 1 {
		t.Fatalf("got contacts %+v, error %v, want one contact", contacts, err)
	}
	theirs := odata.Eq("contactId", contacts[0].ID).String()
	grants, err := c.ListGrants(t.Context(), owners[0].ID, &tapkey.ListGrantsParams{Filter: &theirs})
	if err != nil || len(grants) != 1 {
		t.Fatalf("got grants %+v, error %v, want one grant", grants, err)
	}
	if grant := grants[0]; grant.BoundLock.Title != "Garage" || !strings.Contains(got.Stdout, grant.ID) {
		t.Errorf("got grant %s for lock %q, want one for \"Garage\" with its id in %q", grant.ID, grant.BoundLock.Title, got.Stdout)
	}
	from, until := grants[0].ValidFrom, grants[0].ValidBefore
	if from.Before(before.Truncate(time.Second)) || from.After(time.Now()) || until.Sub(*from) != 24*time.Hour {
		t.Errorf("got a grant from %v until %v, want 24 hours from %v", from, until, before)
	}
}

func TestMissingFlagsListChoices(t *testing.T) {
	twice := sandbox.WithOwner(sandbox.Owner{
		Name: "Club", Locks: []string{"Door", "Door", "Alex's \x1b[31mShed"}, Contacts: []string{"alex@example.com"},
	})
	server := exampletest.Start(t, twice, sandbox.WithOwner(sandbox.Owner{Name: "Empty"}))
	program, env := exampletest.Build(t), exampletest.Environment(server)
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "-owner is required; 2 to choose from:\n  \"Club\"\n  \"Empty\"\n"},
		{[]string{"-owner", "Pub"}, "-owner \"Pub\" matches 0, want exactly 1; omit it to list all\n"},
		{[]string{"-owner", "Empty"}, "-lock is required; 0 to choose from:\n"},
		{[]string{"-owner", "Club"}, "-lock is required; 3 to choose from:\n  \"Door\"\n  \"Door\"\n  \"Alex's \\x1b[31mShed\"\n"},
		{[]string{"-owner", "Club", "-lock", "Door"}, "-lock \"Door\" matches 2, want exactly 1; omit it to list all\n"},
		{[]string{"-owner", "Club", "-lock", "' or true or title eq '"}, "matches 0, want exactly 1; omit it to list all\n"},
		{[]string{"-owner", "Club", "-lock", "Alex's \x1b[31mShed"}, "-contact is required\n"},
	} {
		got := exampletest.Run(t, env, program, test.args...)
		if got.Status != 1 || got.Stdout != "" || !strings.HasSuffix(got.Stderr, test.want) {
			t.Errorf("%q: got %v, want status 1 and stderr ending in %q", test.args, got, test.want)
		}
	}
	if got := server.Count("createGrant"); got != 0 {
		t.Errorf("got %d createGrant requests, want 0", got)
	}
}

func TestErrorStatus(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault402, Operation: "createGrant"}))
	got := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t),
		"-owner", "Home", "-lock", "Garage", "-contact", "guest@example.com")
	if got.Status != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "402") {
		t.Errorf("got %v, want status 1 and 402 on stderr", got)
	}
}
