// Package exampletest runs the examples as their users do: as separate programs, on the
// sandbox.
package exampletest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Start starts a sandbox and closes it at the end of the test.
func Start(t *testing.T, opts ...sandbox.Option) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// Client returns a client of the sandbox with these scopes. Tests use it to prepare and
// to inspect the sandbox.
func Client(t *testing.T, server *sandbox.Server, scopes ...string) *client.Client {
	t.Helper()
	c, err := client.New(
		client.WithCredentials(server.ClientID(), server.ClientSecret()), client.WithScopes(scopes...),
		client.WithBaseURL(server.BaseURL()), client.WithTokenURL(server.TokenURL()),
	)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Environment returns the environment of the test with the variables that "tapkey
// sandbox" prints, and without other variables of this client.
func Environment(server *sandbox.Server) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TAPKEY_") {
			env = append(env, v)
		}
	}
	return append(env,
		client.EnvClientID+"="+server.ClientID(),
		client.EnvClientSecret+"="+server.ClientSecret(),
		client.EnvBaseURI+"="+strings.TrimSuffix(server.BaseURL(), "/api/v1"),
		client.EnvTokenEndpoint+"="+server.TokenURL(),
	)
}

// Build builds the program in the current directory and returns its path.
func Build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "example")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".") //nolint:gosec // the test's own directory
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// Result is the outcome of a program.
type Result struct {
	Status         int
	Stdout, Stderr string
}

// String returns the result in one line, for test failures.
func (r Result) String() string {
	return fmt.Sprintf("status %d, stdout %q, stderr %q", r.Status, r.Stdout, r.Stderr)
}

// Run runs a program and waits until it exits.
func Run(t *testing.T, env []string, program string, args ...string) Result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...) //nolint:gosec // a program that the test has built
	cmd.Env = env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return Result{Status: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}
