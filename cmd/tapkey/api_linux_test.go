package main

import "testing"

// On a terminal, `tapkey api` prints no control characters, whatever the server sends.
func TestAPIOnATerminal(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	for body, want := range map[string]string{
		`{"a":["` + "\u009b\u202e" + `\u001b"]}`: "{\n  \"a\": [\n    \"\\u009b\\u202e\\u001b\"\n  ]\n}\n",
		"<html>\x1b]0;x\x07\r\n</html>":          "<html> ]0;x </html>\n",
		"":                                       "",
		"\xff\x1b":                               "\n",
	} {
		recorder.respond(200, body, nil)
		text, status := onTerminal(t, command(t, env, "api", "GET", "/x"), nil)
		result{"tapkey api GET /x", status, text, ""}.checkStdout(t, want)
		checkLacks(t, "screen", text, controls...)
	}
}
