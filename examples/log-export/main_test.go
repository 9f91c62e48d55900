package main

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const (
	home   = "7f9c1e52-0000-4000-8000-000000000000" // the first owner account of a sandbox
	header = "BoundLockId,Lock Serial Number,Lock Name,Contact ID,Contact Identifier," +
		"NFC Transponder ID,NFC Transponder Title,Lock Timestamp,Entry Number,Received At,ID\n"
)

func TestExport(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithOwner(sandbox.Owner{
		Name: "Home", Locks: []string{`Back "Door", left`, "Garage"}, Contacts: []string{"alex@example.com"},
		Cards: []string{"=Card"}, LogEntries: 1400,
	}))
	env := append(exampletest.Environment(server), "TAPKEY_OWNER="+home)
	got := exampletest.Run(t, env, exampletest.Build(t))
	if got.Status != 0 || got.Stderr != "" || !strings.HasPrefix(got.Stdout, header) {
		t.Fatalf("got status %d, stderr %q, stdout %.200q, want status 0 and stdout starting with %q",
			got.Status, got.Stderr, got.Stdout, header)
	}
	rows, err := csv.NewReader(strings.NewReader(got.Stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	// One in seven log entries of a sandbox is not a command.
	if pages := server.Count("listLogEntries"); len(rows) != 1+1200 || pages != 3 {
		t.Errorf("got %d rows from %d pages, want 1201 rows from 3 pages", len(rows), pages)
	}
	locks := map[string]int{}
	for _, row := range rows[1:] {
		locks[row[1]+" "+row[2]]++
		contact, card := row[3:5], row[5:7]
		switch {
		case (contact[0] == "") == (card[0] == ""),
			contact[0] != "" && contact[1] != "alex@example.com", card[0] != "" && card[1] != "=Card":
			t.Fatalf("got contact %q and card %q, want one of them, alex@example.com or =Card", contact, card)
		case row[0] == "" || row[7] == "" || row[8] == "" || row[9] == "" || row[10] == "":
			t.Fatalf("got row %q, want a lock, both times, an entry number and an id", row)
		}
	}
	want := []string{`00-00-00-00-00-00-00-00 Back "Door", left`, "00-00-00-00-00-00-00-01 Garage"}
	if len(locks) != 2 || locks[want[0]] == 0 || locks[want[1]] == 0 {
		t.Errorf("got locks %v, want %q", locks, want)
	}
}

func TestExportErrors(t *testing.T) {
	program := exampletest.Build(t)
	for _, test := range []struct {
		owner string
		fault sandbox.FaultKind
		want  string
	}{
		{home, sandbox.Fault403, "403"},
		{home, sandbox.FaultMissingFields, "/0/id is missing"},
		{"", "", "ownerAccountId is empty"},
		{"another", "", "404"},
	} {
		server := exampletest.Start(t)
		if test.fault != "" {
			if err := server.Inject(sandbox.Fault{Kind: test.fault, Operation: "listContacts"}); err != nil {
				t.Fatal(err)
			}
		}
		got := exampletest.Run(t, append(exampletest.Environment(server), "TAPKEY_OWNER="+test.owner), program)
		if (got.Status == 0) != (test.want == "") || !strings.Contains(got.Stderr, test.want) || strings.Count(got.Stderr, "\n") > 1 {
			t.Errorf("owner %q, fault %q: got status %d, stderr %q, want at most one line with %q and an error status only then",
				test.owner, test.fault, got.Status, got.Stderr, test.want)
		}
	}
}
