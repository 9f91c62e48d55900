package main

import (
	"strings"
	"testing"
)

// What a server sends does not command the terminal, whatever it is.
func TestAPIOnATerminal(t *testing.T) {
	r, env := record200(t)
	for body, want := range map[string]string{
		`{"a":["` + "\u009b\u202e" + `\u001b"]}`: "{\n  \"a\": [\n    \"\\u009b\\u202e\\u001b\"\n  ]\n}\n",
		"<html>\x1b]0;x\x07\r\n</html>":          "<html> ]0;x </html>\n",
		"":                                       "",
		"\xff\x1b":                               "\n",
	} {
		r.answer(200, body, nil)
		term := openTerminal(t)
		cmd := command(t, env, "api", "GET", "/x")
		term.start(t, cmd)
		if text, status := term.end(cmd); status != 0 || text != want || strings.ContainsAny(text, "\x1b\x07\u009b\u202e") {
			t.Errorf("%q: status %d, %q", body, status, text)
		}
	}
}

func TestColourIsLeftOut(t *testing.T) {
	_, env := startSandbox(t)
	for variable, bold := range map[string]bool{"NO_COLOR=": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		term := openTerminal(t)
		cmd := command(t, append(env, variable), "owners", "list")
		term.start(t, cmd)
		if text, status := term.end(cmd); status != 0 || strings.Contains(text, "\x1b") != bold {
			t.Errorf("%s: status %d, %q", variable, status, text)
		}
	}
}
