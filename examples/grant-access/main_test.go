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

func TestAContactIsGrantedADay(t *testing.T) {
	server := exampletest.Start(t)
	program, env := exampletest.Build(t), exampletest.Environment(server)
	before := time.Now()
	out, errs, status := exampletest.Run(t, env, program, "-owner", "Home", "-lock", "Garage", "-contact", "guest@example.com")
	if status != 0 || errs != "" || !strings.HasPrefix(out, `guest@example.com may open "Garage" until `) {
		t.Fatalf("%d %q %q", status, out, errs)
	}

	c := exampletest.Client(t, server, "read:owneraccounts", "read:core:entities", "read:grants")
	owners, err := c.ListOwners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	guest := odata.Eq("identifier", "guest@example.com").String()
	contacts, err := c.ListContacts(t.Context(), owners[0].ID, &tapkey.ListContactsParams{Filter: &guest})
	if err != nil || len(contacts) != 1 {
		t.Fatalf("%v %v", contacts, err)
	}
	theirs := odata.Eq("contactId", contacts[0].ID).String()
	grants, err := c.ListGrants(t.Context(), owners[0].ID, &tapkey.ListGrantsParams{Filter: &theirs})
	if err != nil || len(grants) != 1 || grants[0].BoundLock.Title != "Garage" || !strings.Contains(out, grants[0].ID) {
		t.Fatalf("%v %v", grants, err)
	}
	from, until := grants[0].ValidFrom, grants[0].ValidBefore
	if from.Before(before.Truncate(time.Second)) || from.After(time.Now()) || until.Sub(*from) != 24*time.Hour {
		t.Errorf("from %v until %v", from, until)
	}
}

func TestWhatIsLeftOutIsListed(t *testing.T) {
	twice := sandbox.WithOwner(sandbox.Owner{
		Name: "Club", Locks: []string{"Door", "Door", "Alex's \x1b[31mShed"}, Contacts: []string{"alex@example.com"},
	})
	server := exampletest.Start(t, twice, sandbox.WithOwner(sandbox.Owner{Name: "Empty"}))
	program, env := exampletest.Build(t), exampletest.Environment(server)
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "-owner is missing; there are 2:\n  \"Club\"\n  \"Empty\"\n"},
		{[]string{"-owner", "Pub"}, "-owner \"Pub\" names 0, not one; leave it out to see all\n"},
		{[]string{"-owner", "Empty"}, "-lock is missing; there are 0:\n"},
		{[]string{"-owner", "Club"}, "-lock is missing; there are 3:\n  \"Door\"\n  \"Door\"\n  \"Alex's \\x1b[31mShed\"\n"},
		{[]string{"-owner", "Club", "-lock", "Door"}, "-lock \"Door\" names 2, not one; leave it out to see all\n"},
		{[]string{"-owner", "Club", "-lock", "' or true or title eq '"}, "names 0, not one; leave it out to see all\n"},
		{[]string{"-owner", "Club", "-lock", "Alex's \x1b[31mShed"}, "-contact is missing\n"},
	} {
		out, errs, status := exampletest.Run(t, env, program, test.args...)
		if status != 1 || out != "" || !strings.HasSuffix(errs, test.want) {
			t.Errorf("%q: %d %q %q", test.args, status, out, errs)
		}
	}
	if server.Count("createGrant") != 0 {
		t.Error("something was granted")
	}
}

func TestARefusalIsTold(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: "402", Operation: "createGrant"}))
	out, errs, status := exampletest.Run(t, exampletest.Environment(server), exampletest.Build(t),
		"-owner", "Home", "-lock", "Garage", "-contact", "guest@example.com")
	if status != 1 || out != "" || !strings.Contains(errs, "402") {
		t.Errorf("%d %q %q", status, out, errs)
	}
}
