// Package exampletest runs the examples as their readers do: as programs of their own, on
// the sandbox.
package exampletest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Start starts a sandbox for the time of a test.
func Start(t *testing.T, opts ...sandbox.Option) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// Client returns a client of the sandbox with these scopes, for what a test has to set up
// or to look at.
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

// Environment is what "tapkey sandbox" prints, in place of what the test was started with.
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
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".") //nolint:gosec // into a directory of the test's
	out, err := build.CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// Run runs a program to its end.
func Run(t *testing.T, env []string, program string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...) //nolint:gosec // a program that the test has built
	cmd.Env = env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), errs.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), 0
}
