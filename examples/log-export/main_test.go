package main

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const (
	home   = "7f9c1e52-0000-4000-8000-000000000000" // the first account of a sandbox
	header = "BoundLockId,Lock Serial Number,Lock Name,Contact ID,Contact Identifier," +
		"NFC Transponder ID,NFC Transponder Title,Lock Timestamp,Entry Number,Received At,ID\n"
)

func TestTheLogIsExported(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithOwner(sandbox.Owner{
		Name: "Home", Locks: []string{`Back "Door", left`, "Garage"}, Contacts: []string{"alex@example.com"},
		Cards: []string{"=Card"}, LogEntries: 1400,
	}))
	env := append(exampletest.Environment(server), "TAPKEY_OWNER="+home)
	out, errs, status := exampletest.Run(t, env, exampletest.Build(t))
	if status != 0 || errs != "" || !strings.HasPrefix(out, header) {
		t.Fatalf("%d %q %.200q", status, errs, out)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+1200 || server.Count("listLogEntries") != 3 { // every seventh has no command
		t.Errorf("%d rows in %d pages", len(rows), server.Count("listLogEntries"))
	}
	seen := map[string]int{}
	for _, row := range rows[1:] {
		seen[row[1]+" "+row[2]]++
		switch {
		case (row[3] == "") == (row[5] == ""), row[3] != "" && row[4] != "alex@example.com", row[5] != "" && row[6] != "=Card":
			t.Fatalf("who was it? %q", row)
		case row[0] == "" || row[7] == "" || row[8] == "" || row[9] == "" || row[10] == "":
			t.Fatalf("a cell is empty: %q", row)
		}
	}
	if len(seen) != 2 || seen[`00-00-00-00-00-00-00-00 Back "Door", left`] == 0 || seen["00-00-00-00-00-00-00-01 Garage"] == 0 {
		t.Errorf("locks: %v", seen)
	}
}

func TestAnExportThatFailsSaysSo(t *testing.T) {
	program := exampletest.Build(t)
	for _, test := range []struct{ owner, fault, want string }{
		{home, "403", "403"},
		{home, "missing-fields", ""}, // no names then, but an export
		{"", "", "ownerAccountId is empty"},
		{"another", "", "404"},
	} {
		server := exampletest.Start(t)
		if test.fault != "" {
			if err := server.Inject(sandbox.Fault{Kind: test.fault, Operation: "listContacts"}); err != nil {
				t.Fatal(err)
			}
		}
		_, errs, status := exampletest.Run(t, append(exampletest.Environment(server), "TAPKEY_OWNER="+test.owner), program)
		if (status == 0) != (test.want == "") || !strings.Contains(errs, test.want) || strings.Count(errs, "\n") > 1 {
			t.Errorf("%+v: %d %q", test, status, errs)
		}
	}
}
