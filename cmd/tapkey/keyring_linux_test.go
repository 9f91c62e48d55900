package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// With a keyring, the files are encrypted, and logout removes the key. The keyring is that of
// GNOME, on a separate bus.
func TestKeyring(t *testing.T) {
	skipShort(t, "keyring")
	t.Parallel()
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("keyring: not run (no %s; Debian: dbus-daemon, gnome-keyring)", program)
		}
	}
	m := newMachine(t, sandbox.WithAutoConsent())
	m.env = append(m.env, "XDG_RUNTIME_DIR="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
	line := `exec dbus-run-session -- sh -e -c '
		printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
		tapkey login --client-id "$0" --port "$1"
		tapkey owners list
		tapkey auth status --json
		tapkey logout
		if tapkey owners list; then exit 1; fi' ` + m.server.PublicClient().ID + " " + m.port
	cmd := shell(t, m.env, line)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("error = %v, want none; stdout = %q, stderr = %q", err, &stdout, &stderr)
	}
	checkLacks(t, "stderr", stderr.String(), "not encrypted")
	checkContains(t, "stdout", stdout.String(), "signed in: profile default", tsv(ownersOf(t, m.server)[0]), "signed out")
	_, text, _ := strings.Cut(stdout.String(), "{")
	text, _, _ = strings.Cut("{"+text, "\n}\n")
	var about account
	must(t, json.Unmarshal([]byte(text+"}"), &about))
	check(t, "storage", about.Storage, "keyring")
	check(t, "revocations", m.server.Count("revocation"), 2)
	check(t, "secrets after logout", len(m.secrets()), 0)
}
