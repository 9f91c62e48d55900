package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// accessArgs returns the arguments of an access command with a state file in a directory.
func accessArgs(dir, verb string, more ...string) []string {
	return append([]string{"access", verb, "--owner", "Home", "--state", filepath.Join(dir, "state")}, more...)
}

func TestAccessInputs(t *testing.T) {
	t.Parallel()
	const want = "kim@example.com  Garage  2098-01-06 08:00  2098-01-07 18:00        B-1"
	for name, input := range map[string]string{
		"csv":           "email,lock,from,until,ref\nkim@example.com,Garage,2098-01-06 08:00,2098-01-07T18:00,B-1\n",
		"no line break": "email,lock,from,until,ref\nkim@example.com,Garage,2098-01-06 08:00,2098-01-07T18:00,B-1",
		"excel":         "\uFEFFsep=;\r\nEMail;Lock; From ;Until;Ref;\r\nkim@example.com;Garage;6.1.2098 08:00;07.01.2098 18:00:00;B-1;\r\n;;;;;\r\n",
		"tabs":          "ref\temail\tlock\tfrom\tuntil\nB-1\tkim@example.com\tGarage\t2098-01-06T07:00:00Z\t2098-01-07T18:00+01:00:00\n",
		"zone":          "email,lock,from,until,ref,zone\nkim@example.com,Garage,2098-01-06 07:00,2098-01-07 17:00,B-1,UTC\n",
		"json lines":    "\n{\"email\":\"kim@example.com\",\"lock\":\"Garage\",\"from\":\"2098-01-06 08:00\",\"until\":\"2098-01-07 18:00\",\"ref\":\"B-1\"}\r\n\r\n",
	} {
		if name == "tabs" {
			input = strings.ReplaceAll(input, "18:00+01:00:00", "18:00:00+01:00")
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, env := startSandbox(t)
			r := tapkeyInput(t, env, input, accessArgs(t.TempDir(), "plan", "-f", "-")...)
			r.checkSuccess(t)
			checkContains(t, "plan", r.stdout, want)
			check(t, "writes", server.Count("createGrant")+server.Count("createContact"), 0)
		})
	}
}

func TestAccessInvalidInputs(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	dir := t.TempDir()
	many := "email,lock\n" + strings.Repeat("sam,Door\n", 30)
	for name, test := range map[string]struct {
		input string
		want  []string
	}{
		"empty":           {"", []string{"standard input:1: the file is empty"}},
		"unknown column":  {"email,look\n", []string{`:1: unknown column "look": the columns are email,`}},
		"column twice":    {"email,lock,EMAIL\n", []string{":1: the column email exists twice"}},
		"no lock":         {"email\n", []string{":1: the column lock is missing"}},
		"all at once":     {"email,lock,from\nsam,Garage,\nsam@example.com,Garage,tomorrow\n\n,Garage,\nsam@example.com,Nowhere,\n", []string{`:2: "sam" is not an e-mail address`, `:3: from "tomorrow": use a local time such as`, ":5: no person", `:6: unknown lock "Nowhere"`, "invalid lines of standard input: 4; nothing was changed"}},
		"of the plan":     {"email,lock\nsam,Garage\nsam@example.com,Garage\n,Garage\n", []string{`:2: "sam" is not an e-mail address`, ":4: no person", "invalid lines of standard input: 2"}},
		"of the account":  {"email,lock\n\nsam@example.com,Nowhere\n\"a\nb@example.com\",Garage\n", []string{`:4: a control character`, ":3: unknown lock", "input: 2"}},
		"unknown lock":    {"email,lock\n\nsam@example.com,Nowhere\nsam@example.com,Garage\n", []string{`:3: unknown lock "Nowhere"`}},
		"fields":          {"email,lock\nsam@example.com,Garage,x,y\n", []string{":2: more fields than columns: 4"}},
		"quote":           {"email,lock\n\"sam@example.com,Garage\nkim@example.com,Garage\n", []string{`:2: extraneous or missing " in quoted-field`}},
		"zone":            {"email,lock,zone\nsam@example.com,Garage,Mars/Base\n", []string{`:2: "Mars/Base" is not a name of the time zone database`}},
		"schedule":        {"email,lock,schedule\nsam@example.com,Garage,Mo-Fr 8-6 or so\n", []string{":2: schedule: "}},
		"windows-1252":    {"email,lock\nsam@example.com,Garage\nm\xfcller@example.com,Garage\n", []string{":3: the file is not UTF-8"}},
		"utf-16":          {"\xff\xfee\x00m\x00", []string{":1: the file is not UTF-8"}},
		"json":            {`{"email":"sam@example.com","lock":"Garage"}` + "\n[]\n{\"look\":1}\n{\"email\":\"a@b\",\"email\":\"c@d\"}\n", []string{":2: not an object", ":3: not an object", ":4: not an object", "input: 3"}},
		"at most 20":      {many, []string{":2: ", ":21: ", "input: 30, of which 10 are not shown"}},
		"control":         {"email,lock\nsam\x1b[31m,Garage\n", []string{":2: "}},
		"until and from":  {"email,lock,from,until\nsam@example.com,Garage,2098-01-02,2098-01-01\n", []string{":2: until is not after from"}},
		"zero time":       {"email,lock,until\nsam@example.com,Garage,0001-01-01T00:00:00Z\n", []string{`:2: until "0001-01-01T00:00:00Z": before 1970`}},
		"two persons":     {"email,card,lock\nsam@example.com,Spare Card,Garage\n", []string{":2: more than one of e-mail address, user and card"}},
		"header and junk": {"email,lock\n\x00\x00\n", []string{":2: the file is not UTF-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := tapkeyInput(t, env, test.input, accessArgs(dir, "apply", "-f", "-", "--yes")...)
			check(t, "exit status", r.status, exitMisuse)
			check(t, "stdout", r.stdout, "")
			checkContains(t, "stderr", r.stderr, test.want...)
			checkLacks(t, "stderr", r.stderr, controls...)
			if lines := strings.Count(r.stderr, "\n"); lines > maxErrors+1 {
				t.Errorf("stderr has %d lines, want at most %d", lines, maxErrors+1)
			}
		})
	}
	check(t, "writes", server.Count("createGrant")+server.Count("createContact"), 0)
}

func TestAccessApply(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "wants.csv")
	write := func(text string) { must(t, os.WriteFile(file, []byte("email,card,lock,schedule\n"+text), 0o600)) }
	apply := accessArgs(dir, "apply", "-f", file, "--rate", "1000")
	plan := accessArgs(dir, "plan", "-f", file, "--detailed-exitcode")

	write("kim@example.com,,Garage,Mo-Fr 08:00-18:00\n,Alex's Card,Garage,\n")
	tapkeyMain(t, env, apply...).confirmRequired(t)
	check(t, "creates without a confirmation", server.Count("createGrant"), 0)
	check(t, "exit status of a plan with changes", tapkeyMain(t, env, plan...).status, exitChanges)
	r := tapkeyMain(t, env, append(apply, "--yes")...)
	r.checkSuccess(t)
	checkContains(t, "apply", r.stdout, "contacts to create: 1, grants to create: 2, to keep: 0\n3 of 3 changes were made.\n")
	r = tapkeyMain(t, env, apply...) // nothing to confirm
	r.checkStdout(t, "to keep: 2\n")
	tapkeyMain(t, env, plan...).checkStdout(t, "to keep: 2\n")

	write("")
	r = tapkeyMain(t, env, append(apply, "--yes")...)
	check(t, "exit status without wants", r.status, exitFailed)
	checkContains(t, "stderr", r.stderr, "no wants, and 2 of 2 managed grants would be revoked: check the input, or use --force")
	check(t, "revocations", server.Count("revokeGrant"), 0)
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.Fault403, Operation: "revokeGrant", Count: 1}))
	r = tapkeyMain(t, env, append(apply, "--yes", "--force", "--keep-going")...)
	check(t, "exit status after a failure", r.status, exitFailed)
	checkContains(t, "stderr", r.stderr, "access: revoke: ", "403 Forbidden", "1 changes failed; to continue, run the command again")
	checkContains(t, "stdout", r.stdout, "1 of 2 changes were made.")
	tapkeyMain(t, env, append(apply, "--yes", "--force")...).checkSuccess(t)
	check(t, "revocations", server.Count("revokeGrant"), 3)

	write("sam@example.com,,Entrance Door,Sa 10:00-11:00\n")
	r = tapkeyMain(t, env, append(apply, "--yes")...)
	check(t, "exit status with a conflict", r.status, exitFailed)
	checkContains(t, "stderr", r.stderr, "1 conflicts were left as they are")
	for _, args := range [][]string{{"--rate", "0"}, {"--rate", "NaN"}, {"--concurrency", "0"}, {"--zone", "Local"}, {"--exclusive"}} {
		check(t, fmt.Sprint(args), tapkeyMain(t, env, slices.Concat(apply, []string{"--yes"}, args)...).status, exitMisuse)
	}
	check(t, "without a state", tapkeyMain(t, env, "access", "plan", "--owner", "Home", "-f", file).status, exitMisuse)
}

// confirmRequired checks that a command has asked for confirmation and was not confirmed.
func (r result) confirmRequired(t *testing.T) {
	t.Helper()
	check(t, r.name+": exit status", r.status, exitMisuse)
	checkContains(t, r.name+": stderr", r.stderr, "confirmation required", "--yes")
}

func TestAccessExclusive(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	r := tapkeyInput(t, env, "email,lock\nkim@example.com,Garage\n",
		"access", "apply", "--owner", "Home", "--exclusive", "--lock", "Garage", "-f", "-", "--yes")
	r.checkSuccess(t)
	check(t, "revocations", server.Count("revokeGrant"), 1) // of Alex
	check(t, "creates", server.Count("createGrant"), 1)
}

func TestContactsSuspend(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	record := filepath.Join(t.TempDir(), "alex.json")
	suspend := []string{"contacts", "suspend", "alex@example.com", "--owner", "Home", "--record", record}
	restore := []string{"contacts", "restore", "--record", record}
	tapkeyMain(t, env, suspend...).confirmRequired(t)
	if _, err := os.Stat(record); err == nil {
		t.Error("the record exists before the confirmation, want none")
	}
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.Fault403, Operation: "revokeGrant", Count: 1}))
	r := tapkeyMain(t, env, append(suspend, "--yes")...)
	check(t, "exit status after a failure", r.status, exitFailed)
	checkContains(t, "stdout", r.stdout, "1 of 2 changes were made.")
	first, err := os.ReadFile(record)
	must(t, err)
	tapkeyMain(t, env, append(suspend, "--yes")...).checkStdout(t, "1 of 1 changes were made.\n")
	second, err := os.ReadFile(record)
	must(t, err)
	check(t, "grants in the record", strings.Count(string(second), `"grant":`), 2)
	check(t, "grants in the first record", strings.Count(string(first), `"grant":`), 2)
	r = tapkeyMain(t, env, "contacts", "suspend", "sam@example.com", "--owner", "Home", "--record", record, "--yes")
	r.checkFailure(t, exitMisuse, "is the record of another contact: alex@example.com")

	must(t, server.Inject(sandbox.Fault{Kind: sandbox.Fault403, Operation: "createGrant", Count: 1}))
	check(t, "exit status after a failure", tapkeyMain(t, env, restore...).status, exitFailed)
	tapkeyMain(t, env, restore...).checkStdout(t, "1 of 1 changes were made.\n")
	if _, err := os.Stat(record); err == nil {
		t.Error("the record exists after the grants were restored, want none")
	}
	check(t, "creates", server.Count("createGrant"), 3)
	tapkeyMain(t, env, restore...).checkFailure(t, exitMisuse, "no such file")
	must(t, os.WriteFile(record, []byte("{}"), 0o600))
	tapkeyMain(t, env, restore...).checkFailure(t, exitMisuse, "is not a record")
	// By the ID of the contact.
	must(t, os.Remove(record))
	suspend[2] = "90d7c4e6-0000-4000-8000-000000000001"
	tapkeyMain(t, env, append(suspend, "--yes")...).checkStdout(t, "1 of 1 changes were made.\n")
}
