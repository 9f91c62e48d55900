// Package storetest tests token stores with processes: each is the test binary, started
// again to make calls with a client that uses the store.
package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// storeVariable has the location of the store of a process that Start has started.
const storeVariable = "TAPKEY_TEST_STORE"

// Main is for TestMain. It runs the tests, or a program with the store at the location that
// Start was called with.
func Main(m *testing.M, open func(location string) (client.TokenStore, error)) {
	if location := os.Getenv(storeVariable); location != "" {
		if err := program(location, open); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// program makes a call for each line of its standard input, and prints "ok" for each.
func program(location string, open func(string) (client.TokenStore, error)) error {
	store, err := open(location)
	if err != nil {
		return err
	}
	c, err := client.New(client.FromEnv(), client.WithTokenStore(store), client.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if _, err := c.ListOwners(context.Background()); err != nil {
			return err
		}
		fmt.Println("ok")
	}
	return nil
}

// Process is a running program.
type Process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// Start starts a program and waits until it is ready.
func Start(t *testing.T, server *sandbox.Server, location string) *Process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this test binary
	cmd.Env = append(os.Environ(), storeVariable+"="+location, "GORACE=atexit_sleep_ms=0",
		client.EnvClientID+"="+server.ClientID(), client.EnvClientSecret+"="+server.ClientSecret(),
		client.EnvBaseURI+"="+strings.TrimSuffix(server.BaseURL(), "/api/v1"), client.EnvTokenEndpoint+"="+server.TokenURL())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p := &Process{cmd, in, bufio.NewScanner(out)}
	p.Expect(t, "ready")
	return p
}

// Call starts a call of the program.
func (p *Process) Call(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(p.in, "call\n"); err != nil {
		t.Error(err)
	}
}

// Expect reads a line.
func (p *Process) Expect(t *testing.T, want string) {
	t.Helper()
	if p.out.Scan(); p.out.Text() != want {
		t.Errorf("a process printed %q, want %q", p.out.Text(), want)
	}
}
