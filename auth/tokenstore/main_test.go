package tokenstore_test

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

	"github.com/tapkey-go/tapkey-go/auth/tokenstore"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// storeVariable names the directory of the store of a process that start has started.
const storeVariable = "TAPKEY_TEST_STORE"

// TestMain runs a program with a file store if start started this binary, or else the tests.
func TestMain(m *testing.M) {
	if dir := os.Getenv(storeVariable); dir != "" {
		if err := program(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// program makes a call for each line of its standard input, and prints "ok" for each.
func program(dir string) error {
	store, err := tokenstore.NewFiles(dir)
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

// process is a running program.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// start starts a program and waits until it is ready.
func start(t *testing.T, server *sandbox.Server, dir string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), storeVariable+"="+dir, "GORACE=atexit_sleep_ms=0",
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
	p := &process{cmd, in, bufio.NewScanner(out)}
	p.expect(t, "ready")
	return p
}

// call starts a call of the program.
func (p *process) call(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(p.in, "call\n"); err != nil {
		t.Error(err)
	}
}

// expect reads a line.
func (p *process) expect(t *testing.T, want string) {
	t.Helper()
	if p.out.Scan(); p.out.Text() != want {
		t.Errorf("a process printed %q, want %q", p.out.Text(), want)
	}
}
