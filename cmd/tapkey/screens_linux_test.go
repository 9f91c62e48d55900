package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// offices is an account with names in many scripts.
var offices = sandbox.Owner{
	Name:     "北京总部",
	Locks:    []string{"北京总部门锁系统", "Garage", "🚪 会议室 (三楼) – Besprechungsraum im dritten Stock", "שער ראשי"},
	Contacts: []string{"li.wei@example.com", "zoe\u0301@example.com"},
	Cards:    []string{"备用卡 🔑"},
	Grants: []sandbox.SeedGrant{
		{Lock: "北京总部门锁系统", Contact: "li.wei@example.com"}, {Lock: "Garage", Card: "备用卡 🔑"},
		{Lock: "🚪 会议室 (三楼) – Besprechungsraum im dritten Stock", Contact: "zoe\u0301@example.com"}, {Lock: "שער ראשי", Contact: "li.wei@example.com"},
	},
	LogEntries: 3,
}

// The screens of the command are golden files: at several widths, on a dumb terminal,
// without colors, and the text in a pipe. No line is wider than the terminal.
func TestScreens(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t, sandbox.WithOwner(offices))
	server.SetTime(time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC))
	commands := [][]string{
		{"locks", "list"}, {"grants", "list"}, {"logs", "list"}, {"contacts", "list"}, {"cards", "list"}, {"locks", "get", "garage"},
		{"locks", "list", "--header=false"}, {"locks", "list", "--select", "title,description,id"},
		{"grants", "list", "--output", "csv"}, {"grants", "list", "--output", "tsv", "--header"}, {"locks", "get", "北京总部门锁系统", "-o", "yaml"},
		{"locks", "list", "--jq", ".[] | .title"}, {"grants", "revoke", "3a6f18c9-0000-4000-8000-000000000002", "--dry-run"},
	}
	for _, test := range []struct {
		name  string
		width int
		env   string
	}{
		{"60", 60, "TERM=xterm"}, {"80", 80, "TERM=xterm"}, {"120", 120, "TERM=xterm"}, {"dumb", 80, "TERM=dumb"}, {"no-color", 80, "NO_COLOR=1"}, {"pipe", 0, "TERM=xterm"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got strings.Builder
			for _, args := range commands {
				fmt.Fprintf(&got, "$ tapkey %s\n", strings.Join(args, " "))
				if test.width == 0 {
					r := tapkeyMain(t, append(env, test.env), args...)
					r.checkSuccess(t)
					got.WriteString(r.stdout)
					continue
				}
				term := openTerminal(t)
				term.resize(t, test.width)
				cmd := command(t, append(env, test.env), args...)
				term.start(t, cmd)
				text, status := term.end(cmd)
				check(t, strings.Join(args, " ")+": exit status", status, exitOK)
				if plain := test.name == "dumb" || test.name == "no-color"; plain == strings.Contains(text, "\x1b") && args[1] == "list" && len(args) == 2 {
					t.Errorf("%v: screen = %q, contains an escape sequence = %v, want %v", args, text, plain, !plain)
				}
				for line := range strings.SplitSeq(text, "\n") {
					line = strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(line)
					if table := !strings.Contains(strings.Join(args, " "), "-"); table && uniseg.StringWidth(line) > test.width {
						t.Errorf("%v: line %q has width %d, want at most %d", args, line, uniseg.StringWidth(line), test.width)
					}
				}
				got.WriteString(text)
			}
			checkGolden(t, filepath.Join("testdata", "screens", test.name+".golden"), strings.ReplaceAll(got.String(), "\x1b", `\e`))
		})
	}
}

// A prompt names what is changed.
func TestPromptsNameGuestAndLock(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t, sandbox.WithOwner(offices))
	grant := "3a6f18c9-0000-4000-8000-00000000000"
	for _, test := range []struct {
		args []string
		want []string
	}{
		{[]string{"grants", "revoke", grant + "0"}, []string{"Revoke grant " + grant + "0 (li.wei@example.com, 北京总部门锁系统)? [y/N] "}},
		{[]string{"grants", "revoke", grant + "0", grant + "1", grant + "0"}, []string{
			"  " + grant + "0 (li.wei@example.com, 北京总部门锁系统)\n", "  " + grant + "1 (备用卡 🔑, Garage)\n", "Revoke these 2 grants? [y/N] "}},
		{[]string{"contacts", "revoke-grants", "LI.WEI@example.com"}, []string{"Revoke all grants of contact 90d7c4e6-0000-4000-8000-000000000000 (li.wei@example.com)? [y/N] "}},
		{[]string{"cards", "revoke-grants", "备用卡 🔑"}, []string{" (备用卡 🔑)? [y/N] "}},
		{[]string{"permissions", "delete", "li.wei@example.com"}, []string{"Delete permission 1b64f0a7-0000-4000-8000-000000000000 (li.wei@example.com)? [y/N] "}},
	} {
		term := openTerminal(t)
		cmd := command(t, env, test.args...)
		term.reply(t, "[y/N] ", "n\n")
		term.start(t, cmd)
		text, status := term.end(cmd)
		check(t, strings.Join(test.args, " ")+": exit status", status, exitFailed)
		checkContains(t, strings.Join(test.args, " "), text, test.want...)
	}
}

// A client without the scopes for the names gets a prompt with the IDs.
func TestPromptsWithoutScopesForNames(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t, sandbox.WithClient(sandbox.Client{
		ID: "limited", Secret: "secret", Scopes: []string{"write:grants"}, Administers: []string{"Home"},
	}))
	env = append(env, "TAPKEY_CLIENT_ID=limited", "TAPKEY_CLIENT_SECRET=secret")
	term := openTerminal(t)
	cmd := command(t, env, "grants", "revoke", "3a6f18c9-0000-4000-8000-000000000000", "--owner", "7f9c1e52-0000-4000-8000-000000000000")
	term.reply(t, "[y/N] ", "y\n")
	term.start(t, cmd)
	text, status := term.end(cmd)
	check(t, "exit status", status, exitOK)
	checkContains(t, "screen", text, "Revoke grant 3a6f18c9-0000-4000-8000-000000000000? [y/N]", "The revocation of grant 3a6f18c9-0000-4000-8000-000000000000 has started.")
	check(t, "calls of revokeGrant", server.Count("revokeGrant"), 1)
}
