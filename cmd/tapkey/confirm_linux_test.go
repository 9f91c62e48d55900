package main

import (
	"bytes"
	"strings"
	"testing"
)

// destructive are the commands that ask, by the operation they must not call unasked.
var destructive = map[string][]string{
	"revokeGrant":           {"grants", "revoke", "3a6f18c9-0000-4000-8000-000000000000"},
	"deleteGrantFromCard":   {"grants", "delete-from-card", "3a6f18c9-0000-4000-8000-000000000003"},
	"revokeContactGrants":   {"contacts", "revoke-grants", "90d7c4e6-0000-4000-8000-000000000001"},
	"revokeBoundCardGrants": {"cards", "revoke-grants", "5e3d9b70-0000-4000-8000-000000000001"},
	"deletePermission":      {"permissions", "delete", "1b64f0a7-0000-4000-8000-000000000000"},
}

func TestWhatCannotBeUndoneAsks(t *testing.T) {
	for operation, args := range destructive {
		args = append(args, "--owner", "Home")
		for answer, want := range map[string]struct{ status, calls int }{
			"y\n": {0, 1}, "Yes\n": {0, 1}, "n\n": {1, 0}, "\n": {1, 0}, "yesterday\n": {1, 0},
			"\x04":   {1, 0},   // end of input
			"\x03":   {130, 0}, // interruption
			"ye\x03": {130, 0}, // half an answer
		} {
			server, env := startSandbox(t)
			term := openTerminal(t)
			cmd := command(t, env, args...)
			term.answer(t, "[y/N] ", answer)
			term.start(t, cmd)
			text, status := term.end(cmd)
			if status != want.status || server.Count(operation) != want.calls {
				t.Errorf("%v, %q: status %d, %d calls: %q", args, answer, status, server.Count(operation), text)
			}
			if !strings.Contains(text, args[2]) || want.calls == 0 && len(server.Requests()) > 0 {
				t.Errorf("%v, %q: %d requests, %q", args, answer, len(server.Requests()), text)
			}
		}
	}
}

func TestNobodyToAskIsMisuse(t *testing.T) {
	server, env := startSandbox(t)
	for operation, args := range destructive {
		args = append(args, "--owner", "Home")
		for _, stdin := range []string{"", "y\n"} {
			cmd := command(t, env, args...)
			var errs bytes.Buffer
			cmd.Stdin, cmd.Stderr = strings.NewReader(stdin), &errs
			_ = cmd.Run()
			if status := cmd.ProcessState.ExitCode(); status != 2 || !strings.Contains(errs.String(), "--yes") || strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("%v: status %d, %q", args, status, &errs)
			}
		}
		// A question that goes into a file cannot be answered.
		term := openTerminal(t)
		cmd := command(t, env, args...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		term.start(t, cmd)
		if _, status := term.end(cmd); status != 2 {
			t.Errorf("%v with stderr in a file: status %d", args, status)
		}
		if n := len(server.Requests()); n != 0 {
			t.Errorf("%v sent %d requests", args, n)
		}
		if _, errs, status := tapkeyMain(t, env, append(args, "-y")...); status != 0 || server.Count(operation) != 1 {
			t.Errorf("%v -y: status %d, %q", args, status, errs)
		}
		server.ForgetRequests()
	}
}

// All that deletes or revokes asks.
func TestNothingElseIsDestructive(t *testing.T) {
	for _, r := range nouns {
		for _, v := range r.verbs {
			_, known := destructive[v.operation]
			if asks := v.confirm != ""; asks != known || asks != (strings.HasPrefix(v.operation, "revoke") || strings.HasPrefix(v.operation, "delete")) {
				t.Errorf("%s %s: asks is %v", r.name, v.use, asks)
			}
		}
	}
}

func TestDryRun(t *testing.T) {
	server, env := startSandbox(t)
	revoke := append(destructive["revokeGrant"], "--owner", "Home", "--dry-run")
	if _, errs, status := tapkeyMain(t, env, revoke...); status != 2 || !strings.Contains(errs, "--yes") {
		t.Errorf("it did not ask: status %d, %q", status, errs)
	}
	if _, errs, status := tapkeyMain(t, env, append(revoke, "--yes")...); status != 0 {
		t.Errorf("status %d, %q", status, errs)
	}
	requests := server.Requests()
	if last := requests[len(requests)-1]; last.Operation != "revokeGrant" || last.Query != "dryRun=true" {
		t.Errorf("sent %+v", last)
	}
	if out, _, _ := tapkeyMain(t, env, "grants", "list", "--owner", "Home"); strings.Contains(out, "Revoked") {
		t.Errorf("there is %s", out)
	}
}
