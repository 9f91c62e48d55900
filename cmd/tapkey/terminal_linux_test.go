package main

import (
	"strings"
	"testing"
)

func TestBoldCanBeDisabled(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	for variable, want := range map[string]bool{"NO_COLOR=": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		text, status := onTerminal(t, command(t, append(env, variable), "owners", "list"), nil)
		check(t, variable+": exit status", status, exitOK)
		check(t, variable+": bold", strings.Contains(text, "\x1b"), want)
	}
}
