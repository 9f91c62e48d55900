package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// TestMain runs the command itself if command started this binary, or else the tests. Under
// the name of the program that opens a browser, it is a browser.
func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); name == "xdg-open" || name == "open" {
		browse(os.Args[1])
		return
	}
	if os.Getenv("TAPKEY_TEST_MAIN") == "1" {
		main()
		return
	}
	status := m.Run()
	_ = os.RemoveAll(commandDir())
	os.Exit(status)
}

// skipShort skips a test under -short and logs what is not run.
func skipShort(t *testing.T, what string) {
	t.Helper()
	if testing.Short() {
		t.Skipf("%s: not run (-short)", what)
	}
}

// command returns a process that runs the command with arguments, including func main.
func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TAPKEY_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, configDir(t.TempDir())...)
	// With its default options, the race detector sleeps for a second before the exit.
	cmd.Env = append(append(cmd.Env, "TAPKEY_TEST_MAIN=1", "GORACE=atexit_sleep_ms=0"), env...)
	return cmd
}

// configDir returns the environment in which a directory is that of the user's configuration,
// and there is no keyring.
func configDir(dir string) []string {
	return []string{
		"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "AppData=" + dir,
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(dir, "no-bus"),
	}
}

// A result is the outcome of one run of the command.
type result struct {
	name           string // the command line
	status         int
	stdout, stderr string
}

// tapkeyMain runs the command and waits for it.
func tapkeyMain(t *testing.T, env []string, args ...string) result {
	t.Helper()
	return tapkeyInput(t, env, "", args...)
}

// tapkeyInput runs the command with a standard input.
func tapkeyInput(t *testing.T, env []string, stdin string, args ...string) result {
	t.Helper()
	cmd := command(t, env, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatalf("running tapkey %q: %v, want an exit status", args, err)
	}
	return result{"tapkey " + strings.Join(args, " "), cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// checkSuccess checks that the command succeeded and printed nothing on stderr.
func (r result) checkSuccess(t *testing.T) {
	t.Helper()
	if r.status != 0 || r.stderr != "" {
		t.Errorf("%.200q: exit status = %d, stderr = %q; want 0 and none", r.name, r.status, r.stderr)
	}
}

// checkStdout checks that the command succeeded and what it printed.
func (r result) checkStdout(t *testing.T, want string) {
	t.Helper()
	r.checkSuccess(t)
	if r.stdout != want {
		t.Errorf("%.200q: stdout = %.2000q, want %.2000q", r.name, r.stdout, want)
	}
}

// checkFailure checks the exit status of a command that must fail: it prints nothing on
// stdout, and one line with each of the messages on stderr.
func (r result) checkFailure(t *testing.T, status int, messages ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("%.200q: exit status = %d, want %d; stderr = %q", r.name, r.status, status, r.stderr)
	}
	if r.stdout != "" {
		t.Errorf("%.200q: stdout = %q, want none", r.name, r.stdout)
	}
	if strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("%.200q: stderr = %q, want one line", r.name, r.stderr)
	}
	checkContains(t, r.name+": stderr", r.stderr, messages...)
}

// check compares two values.
func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %#v, want %#v", what, got, want)
	}
}

// checkContains checks that a text contains each of some parts.
func checkContains(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("%.200s = %.2000q, want it to contain %q", what, got, part)
		}
	}
}

// checkLacks checks that a text contains none of some parts.
func checkLacks(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(got, part) {
			t.Errorf("%.200s = %.2000q, want it without %q", what, got, part)
		}
	}
}

// controls are characters that a terminal may interpret, in the forms the tests use.
var controls = []string{"\x1b", "\x07", "\u009b", "\u202e"}

// must reports an error of the test itself.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("error = %v, want none", err)
	}
}

// startSandbox starts a sandbox and returns the environment that leads to it.
func startSandbox(t *testing.T, opts ...sandbox.Option) (server *sandbox.Server, env []string) {
	t.Helper()
	server, err := sandbox.Start(opts...)
	must(t, err)
	t.Cleanup(func() { server.Close() })
	return server, environment(server)
}

// environment returns the variables that lead the command to a sandbox.
func environment(server *sandbox.Server) []string {
	return []string{
		"TAPKEY_CLIENT_ID=" + server.ClientID(), "TAPKEY_CLIENT_SECRET=" + server.ClientSecret(),
		"TAPKEY_BASE_URI=" + strings.TrimSuffix(server.BaseURL(), "/api/v1"), "TAPKEY_TOKEN_ENDPOINT=" + server.TokenURL(),
		"TZ=Europe/Vienna", "TERM=xterm", "NO_COLOR=",
	}
}

// ownersOf returns the owner accounts of a sandbox, read with a client.
func ownersOf(t *testing.T, server *sandbox.Server) []tapkey.OwnerAccount {
	t.Helper()
	c, err := client.New(client.WithCredentials(server.ClientID(), server.ClientSecret()),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()))
	must(t, err)
	owners, err := c.ListOwners(t.Context())
	if err != nil || len(owners) < 2 {
		t.Fatalf("ListOwners = %d owner accounts, %v; want at least 2", len(owners), err)
	}
	return owners
}

// startServer starts an API that sends one JSON response to every request. It returns the
// environment that leads the command to it, with tokens from a sandbox.
func startServer(t *testing.T, status int, body string) (env []string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	_, env = startSandbox(t)
	return append(env, "TAPKEY_BASE_URI="+server.URL)
}
