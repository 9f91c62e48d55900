package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/examples/internal/exampletest"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

const home = "7f9c1e52-0000-4000-8000-000000000000" // the first owner account of a sandbox

// runner returns a function that runs the program with a list of bookings.
func runner(t *testing.T, server *sandbox.Server) func(list string) (status int, out string) {
	t.Helper()
	program, state := exampletest.Build(t), filepath.Join(t.TempDir(), "bookings.state")
	return func(list string) (int, string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, "-state", state)
		cmd.Env = append(exampletest.Environment(server), "TAPKEY_OWNER="+home)
		cmd.Stdin = strings.NewReader(list)
		out, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(out)
	}
}

func readList(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("bookings.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func checkCounts(t *testing.T, server *sandbox.Server, creates, updates, revokes int) {
	t.Helper()
	for operation, want := range map[string]int{"createGrant": creates, "updateGrant": updates, "revokeGrant": revokes} {
		if got := server.Count(operation); got != want {
			t.Errorf("got %d %s requests, want %d", got, operation, want)
		}
	}
}

func TestSync(t *testing.T) {
	server := exampletest.Start(t)
	run, list := runner(t, server), readList(t)
	for _, test := range []struct {
		list, want                string
		creates, updates, revokes int
	}{
		{list, "B-17", 2, 0, 0}, // two bookings of a person for a lock are one grant
		{list, "", 2, 0, 0},
		{strings.ReplaceAll(list, "2098-12-27T", "2098-12-28T"), "B-18", 2, 1, 0},
		{list[:strings.LastIndex(strings.TrimSpace(list), "\n")], "revoke", 2, 2, 1},
	} {
		if status, out := run(test.list); status != 0 || !strings.Contains(out, test.want) {
			t.Errorf("got status %d and %q, want status 0 and %q", status, out, test.want)
		}
		checkCounts(t, server, test.creates, test.updates, test.revokes)
	}
}

func TestInvalidListsChangeNothing(t *testing.T) {
	server := exampletest.Start(t)
	run, list := runner(t, server), readList(t)
	if status, out := run(list); status != 0 {
		t.Fatalf("got status %d and %q, want status 0", status, out)
	}
	for _, test := range []struct{ list, want string }{
		{"", "no bookings"},
		{"\n\n", "no bookings"},
		{list[:len(list)-20], "booking 3: unexpected EOF"},
		{list + "<html>", "booking 4: invalid character"},
		{list + "null", "booking 4: from and until are required"},
		{strings.Replace(list, `"until"`, `"til"`, 1), `booking 1: json: unknown field "til"`},
		{strings.Replace(list, "2098-12-25T11", "25.12.2098", 1), "booking 1: parsing time"},
		{strings.Replace(list, "Garden Shed", "Barn", 1), "Barn"},
		{strings.Replace(list, "sam@", "sam", 1), "not an e-mail address"},
		{"[" + strings.ReplaceAll(strings.TrimSpace(list), "\n", ",") + "]", "cannot unmarshal array"},
		{"\ufeff" + list, "booking 1: invalid character"},
	} {
		if status, out := run(test.list); status != 1 || !strings.Contains(out, test.want) {
			t.Errorf("%.100q: got status %d and %q, want status 1 and %q", test.list, status, out, test.want)
		}
	}
	checkCounts(t, server, 2, 0, 0)
}

func TestConflictsAndErrorsAreReported(t *testing.T) {
	server := exampletest.Start(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault402, Operation: "createGrant", Count: 1}))
	run, list := runner(t, server), readList(t)
	if status, out := run(list); status != 1 || !strings.Contains(out, "402") {
		t.Errorf("got status %d and %q, want status 1 and 402", status, out)
	}
	// alex@example.com has a grant for the Garage, without limits.
	taken := list + strings.ReplaceAll(strings.SplitN(list, "\n", 2)[0], "kim@", "alex@")
	if status, out := run(taken); status != 1 || !strings.Contains(out, "1 conflicts: see the plan") {
		t.Errorf("got status %d and %q, want status 1 and a conflict", status, out)
	}
	if status, out := run(list); status != 0 {
		t.Errorf("got status %d and %q, want status 0", status, out)
	}
	checkCounts(t, server, 3, 0, 0)
}
