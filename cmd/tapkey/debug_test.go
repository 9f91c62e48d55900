package main

import (
	"strings"
	"testing"
)

// --debug writes the HTTP requests and responses to standard error, without secrets and
// without what identifies people.
func TestDebug(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	plain := tapkeyMain(t, env, "contacts", "update", "sam@example.com", "--owner", "Home", "--title", "Samuel Secretary", "--json")
	plain.checkSuccess(t)
	r := tapkeyMain(t, env, "contacts", "update", "sam@example.com", "--owner", "Home", "--title", "Samuel Secretary", "--json", "--debug")
	check(t, "exit status", r.status, exitOK)
	check(t, "stdout", r.stdout, plain.stdout)
	checkContains(t, "stderr", r.stderr, "POST ", "/connect/token", "GET ", "/Owners/{ownerAccountId}/Contacts", "PATCH ", "200 OK", `"title":`)
	checkLacks(t, "stderr", r.stderr, "Samuel", "sam@example.com", homeID, samID, server.ClientSecret(), "Bearer ey")
	check(t, "requests", strings.Count(r.stderr, " (attempt 1)\n"), 4) // token, owner accounts, contacts, the change

	r = tapkeyMain(t, nil, "doctor", "--sandbox", "--scenario", "rate-limited", "--debug")
	check(t, "exit status of the doctor", r.status, exitFailed)
	checkContains(t, "stderr of the doctor", r.stderr, "429")
	// A dry run sends only what reads.
	r = tapkeyMain(t, env, "grants", "revoke", "3a6f18c9-0000-4000-8000-000000000000", "--owner", homeID, "--dry-run", "--debug")
	checkContains(t, "stderr of the dry run", r.stderr, "/Grants")
	checkLacks(t, "stderr of the dry run", r.stderr, "/Revoke")
}
