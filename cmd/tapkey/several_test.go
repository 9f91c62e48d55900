package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestSeveralArguments(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	r := tapkeyMain(t, env, "locks", "get", "Garage", garageID, "garden shed", "--owner", "Home", "--jq", ".[].title")
	r.checkStdout(t, "Garage\nGarden Shed\n")
	check(t, "calls of getBoundLock", server.Count("getBoundLock"), 2)
	check(t, "calls of listBoundLocks", server.Count("listBoundLocks"), 1)
	// One argument is an object, standard input is always a list.
	tapkeyMain(t, env, "locks", "get", "Garage", "--owner", "Home", "--jq", ".title").checkStdout(t, "Garage\n")
	tapkeyInput(t, env, "Garage\n", "locks", "get", "-", "--owner", "Home", "--jq", ".[].title").checkStdout(t, "Garage\n")
}

// The TSV of a list can be piped into a command.
func TestArgumentsFromStandardInput(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	list := tapkeyMain(t, env, "grants", "list", "--owner", "Home")
	list.checkSuccess(t)
	tapkeyInput(t, env, list.stdout, "grants", "revoke", "-", "--owner", "Home", "--yes").checkStdout(t, "")
	check(t, "calls of revokeGrant", server.Count("revokeGrant"), 4)
	for stdin, want := range map[string]int{"\uFEFFGarage\r\n\r\n  Garden Shed  \n": 2, "Garage": 1, "Garage\tx\ngarage\n": 1} {
		r := tapkeyInput(t, env, stdin, "locks", "get", "-", "--owner", "Home")
		r.checkSuccess(t)
		check(t, "lines for "+stdin, strings.Count(r.stdout, "\n"), want)
	}
	r := tapkeyInput(t, env, "\n \n", "locks", "get", "-", "--owner", "Home")
	check(t, "exit status without IDs", r.status, exitOK)
	check(t, "stderr without IDs", r.stderr, "tapkey: standard input has no IDs\n")
	for name, test := range map[string]struct{ stdin, want string }{
		"long line": {strings.Repeat("x", maxLine+1), "a line that is too long"},
		"many":      {strings.Repeat("Garage\n", maxArguments+1), "more than 10000 IDs"},
		"unknown":   {"Garage\nZebra crossing\n", `no lock is named "Zebra crossing"`},
	} {
		t.Run(name, func(t *testing.T) {
			tapkeyInput(t, env, test.stdin, "locks", "get", "-", "--owner", "Home").checkFailure(t, exitMisuse, test.want)
		})
	}
	tapkeyInput(t, env, list.stdout, "grants", "revoke", "-", "--owner", "Home").checkFailure(t, exitMisuse, "--yes")
}

// Every failure is reported with its ID, and the others are done.
func TestSomeOfSeveralFail(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	const unknown = "3a6f18c9-0000-4000-8000-00000000000"
	args := []string{"grants", "revoke", unknown + "7", unknown + "0", unknown + "8", unknown + "1", "--owner", homeID, "--yes"}
	r := tapkeyMain(t, env, append(args, "--json")...)
	check(t, "exit status", r.status, exitFailed)
	var results []any
	must(t, json.Unmarshal([]byte(r.stdout), &results))
	check(t, "results", len(results), 2)
	lines := strings.Split(strings.TrimSuffix(r.stderr, "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("stderr = %q, want 3 lines", r.stderr)
	}
	checkContains(t, "first line", lines[0], "tapkey: "+unknown+"7: revokeGrant: ", "404")
	checkContains(t, "second line", lines[1], "tapkey: "+unknown+"8: revokeGrant: ", "404")
	check(t, "last line", lines[2], "tapkey: 2 of 4 failed")
	check(t, "calls of revokeGrant", server.Count("revokeGrant"), 4)
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	owner := "# owner account " + homeID + " (Home)\n"
	grant := "3a6f18c9-0000-4000-8000-000000000001"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"contacts", "update", "sam@example.com", "--title", "S\u202e\x1b", "--owner", "Home"},
			"PATCH /Owners/" + homeID + "/Contacts/" + samID + "\n" + owner + "# contact " + samID + " (sam@example.com)\n{\n  \"title\": \"S\\u202e\\u001b\"\n}\n"},
		{[]string{"grants", "create", "--lock", "garage", "--contact", samID, "--owner", homeID},
			"PUT /Owners/" + homeID + "/Grants\n" + owner + "# lock " + garageID + " (Garage)\n# contact " + samID + " (sam@example.com)\n" +
				"{\n  \"boundLockId\": \"" + garageID + "\",\n  \"contactId\": \"" + samID + "\"\n}\n"},
		{[]string{"grants", "revoke", grant, "--owner", "Home"},
			"POST /Owners/" + homeID + "/Grants/" + grant + "/Revoke\n" + owner + "# grant " + grant + " (alex@example.com, Garage)\n"},
		{[]string{"owners", "create", "--name", "X"}, "PUT /Owners\n{\n  \"name\": \"X\"\n}\n"},
		{[]string{"api", "DELETE", "/Owners/a%2Fb?x=1"}, "DELETE /Owners/a%2Fb?x=1\n"},
	} {
		tapkeyMain(t, env, append(test.args, "--dry-run")...).checkStdout(t, test.want)
	}
	// Several at once, and every command that changes something.
	r := tapkeyMain(t, env, "contacts", "revoke-grants", "sam@example.com", "alex@example.com", "--owner", "Home", "--dry-run", "--json")
	r.checkSuccess(t)
	check(t, "requests printed", strings.Count(r.stdout, "POST /Owners/"), 2)
	checkLacks(t, "output", r.stdout, "[]")
	for _, n := range nouns {
		for _, v := range n.verbs {
			cmd, _, err := newRoot(nil, nil).Find([]string{n.name, strings.Fields(v.use)[0]})
			must(t, err)
			check(t, n.name+" "+v.use+": has --dry-run", cmd.Flags().Lookup("dry-run") != nil, operation(v.operation).Method != "GET")
		}
	}
	for _, request := range server.Requests() {
		if request.Method != "GET" && request.Operation != "token" {
			t.Errorf("request = %s %s, want only GET", request.Method, request.Path)
		}
	}
}

// A dry run needs no names: without the scopes for them, the IDs are printed.
func TestDryRunWithoutScopesForNames(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t, sandbox.WithClient(sandbox.Client{
		ID: "limited", Secret: "secret", Scopes: []string{"write:core:entities"}, Administers: []string{"Home"},
	}))
	env = append(env, "TAPKEY_CLIENT_ID=limited", "TAPKEY_CLIENT_SECRET=secret")
	tapkeyMain(t, env, "contacts", "update", samID, "--owner", homeID, "--title", "S", "--dry-run").
		checkStdout(t, "PATCH /Owners/"+homeID+"/Contacts/"+samID+"\n{\n  \"title\": \"S\"\n}\n")
}
