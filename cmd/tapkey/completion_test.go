package main

import (
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for _, shell := range shells {
		r := tapkeyMain(t, nil, "completion", shell)
		r.checkSuccess(t)
		checkContains(t, r.name, r.stdout, "tapkey", "__complete")
	}
}

// complete returns the words that complete the last argument.
func complete(t *testing.T, env []string, args ...string) string {
	t.Helper()
	r := tapkeyMain(t, env, append([]string{"__complete"}, args...)...)
	check(t, r.name+": exit status", r.status, exitOK)
	words, _, _ := strings.Cut(r.stdout, ":")
	return strings.ReplaceAll(words, "\n", "|")
}

func TestCompletionOfValues(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t, sandbox.WithOwner(sandbox.Owner{
		Name: "北京总部", Locks: []string{"Front Door", "Twin", "twin", "-x", "a\tb"}, Contacts: []string{"sam@example.com"},
		Grants: []sandbox.SeedGrant{{Lock: "Front Door", Contact: "sam@example.com"}},
	}))
	const lock = "c2a85d13-0000-4000-8000-00000000000"
	locks := lock + "3\t-x|Front Door\t" + lock + "0|" + lock + "1\tTwin|" + lock + "4\ta b|" + lock + "2\ttwin|"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"locks", "get", ""}, locks},
		{[]string{"locks", "get", "Front Door", ""}, locks},
		{[]string{"grants", "create", "--lock", ""}, locks},
		{[]string{"contacts", "get", ""}, "sam@example.com\t90d7c4e6-0000-4000-8000-000000000000|tapkey-sandbox@service.sandbox.invalid\t" + samID + "|"},
		{[]string{"grants", "revoke", ""}, "3a6f18c9-0000-4000-8000-000000000000\tsam@example.com, Front Door|"},
		{[]string{"locks", "list", "--owner", ""}, "北京总部\t" + homeID + "|"},
		{[]string{"owners", "get", ""}, "北京总部\t" + homeID + "|"},
		{[]string{"locks", "list", "--output", ""}, "table|tsv|csv|json|jsonl|yaml|"},
		{[]string{"logs", "export", "--format", ""}, "csv|jsonl|"},
		{[]string{"logs", "list", "--select", "id,entry"}, "id,boundCardId|id,boundLockId|id,command|id,contactId|id,entryNo|id,id|id,lockTimestamp|id,logType|id,receivedAt|"},
		{[]string{"grants", "update", "--clear", ""}, "from|until|schedule|"},
		{[]string{"permissions", "create", "--role", ""}, "Admin|Owner|"},
		{[]string{"owners", "list", "--env", ""}, "production|sandbox|"},
		{[]string{"completion", "f"}, "fish|"},
		{[]string{"locks", "list", "--he"}, "--header\tprint a header, or with =false none|"},
	} {
		check(t, strings.Join(test.args, " "), complete(t, env, test.args...), test.want)
	}
	for word, args := range map[string][]string{
		"no-owner-accounts": {"doctor", "--scenario", ""}, "listGrants": {"doctor", "--operation", ""}, "429-retry-after": {"sandbox", "--faults", ""},
	} {
		checkContains(t, strings.Join(args, " "), "|"+complete(t, env, args...), "|"+word+"|")
	}
	// Completion is silent and changes nothing if the API cannot be called.
	server.Close()
	for _, env := range [][]string{env, nil} {
		check(t, "completion without a server", complete(t, env, "locks", "get", ""), "")
	}
}
