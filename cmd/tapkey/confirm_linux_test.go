package main

import (
	"bytes"
	"net/http"
	"slices"
	"testing"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	for operation, args := range destructive {
		args = append(slices.Clip(args), "--owner", "Home")
		for keys, want := range map[string]struct{ status, calls int }{
			"y\n": {exitOK, 1}, "Yes\n": {exitOK, 1}, "n\n": {exitFailed, 0}, "\n": {exitFailed, 0}, "yesterday\n": {exitFailed, 0},
			"\x04":   {exitFailed, 0},      // end of input
			"\x03":   {exitInterrupted, 0}, // interrupt
			"ye\x03": {exitInterrupted, 0}, // interrupt in the middle of a reply
		} {
			server, env := startSandbox(t)
			term := openTerminal(t)
			cmd := command(t, env, args...)
			term.reply(t, "[y/N] ", keys)
			term.start(t, cmd)
			text, status := term.end(cmd)
			if status != want.status || server.Count(operation) != want.calls {
				t.Errorf("%v, reply %q: exit status %d, %d calls of %s; want %d, %d; screen = %q",
					args, keys, status, server.Count(operation), operation, want.status, want.calls, text)
			}
			checkContains(t, "question", text, args[2])
			for _, request := range server.Requests() {
				if want.calls == 0 && request.Method != http.MethodGet && request.Operation != "token" {
					t.Errorf("%v, reply %q: request = %s %s, want only GET", args, keys, request.Method, request.Path)
				}
			}
		}
	}
}

// A question that is written to a file cannot be read by the user.
func TestConfirmWithStderrInAFile(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	for _, args := range destructive {
		args = append(slices.Clip(args), "--owner", "Home")
		term := openTerminal(t)
		cmd := command(t, env, args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		term.start(t, cmd)
		term.press(t, "n\n") // in case it asks
		_, status := term.end(cmd)
		result{cmd.String(), status, "", stderr.String()}.checkFailure(t, exitMisuse, "standard error", "--yes")
	}
	check(t, "requests", len(server.Requests()), 0)
}
