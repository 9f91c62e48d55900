package main

import (
	"slices"
	"strings"
	"testing"
)

// destructive lists the commands that ask for confirmation, by their operations.
var destructive = map[string][]string{
	"revokeGrant":           {"grants", "revoke", "3a6f18c9-0000-4000-8000-000000000000"},
	"deleteGrantFromCard":   {"grants", "delete-from-card", "3a6f18c9-0000-4000-8000-000000000003"},
	"revokeContactGrants":   {"contacts", "revoke-grants", "90d7c4e6-0000-4000-8000-000000000001"},
	"revokeBoundCardGrants": {"cards", "revoke-grants", "5e3d9b70-0000-4000-8000-000000000001"},
	"deletePermission":      {"permissions", "delete", "1b64f0a7-0000-4000-8000-000000000000"},
}

// The commands of operations that delete or revoke ask for confirmation, and no others.
func TestDestructiveCommandsConfirm(t *testing.T) {
	t.Parallel()
	for _, n := range nouns {
		for _, v := range n.verbs {
			deletes := strings.HasPrefix(v.operation, "revoke") || strings.HasPrefix(v.operation, "delete")
			_, listed := destructive[v.operation]
			check(t, n.name+" "+v.use+": confirms", v.confirm != "", deletes)
			check(t, n.name+" "+v.use+": is in destructive", listed, deletes)
		}
	}
}

func TestConfirmWithoutATerminal(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	for operation, args := range destructive {
		args = append(slices.Clip(args), "--owner", "Home")
		for _, stdin := range []string{"", "y\n"} {
			tapkeyInput(t, env, stdin, args...).checkFailure(t, exitMisuse, "standard input", "--yes")
		}
		check(t, operation+": requests without --yes", len(server.Requests()), 0)
		tapkeyMain(t, env, append(args, "-y")...).checkSuccess(t)
		check(t, operation+": calls with -y", server.Count(operation), 1)
		server.ForgetRequests()
	}
}
