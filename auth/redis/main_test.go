package redis_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	tapkeyredis "github.com/tapkey-go/tapkey-go/auth/redis"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// addressVariable has the address of the Redis of a process that start has started.
const addressVariable = "TAPKEY_TEST_REDIS"

// TestMain runs a program with a store in Redis if start started this binary, or else the
// tests.
func TestMain(m *testing.M) {
	if address := os.Getenv(addressVariable); address != "" {
		if err := program(address); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// program makes a call for each line of its standard input, and prints "ok" for each.
func program(address string) error {
	store, err := tapkeyredis.New(redis.NewClient(&redis.Options{Addr: address}))
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
func start(t *testing.T, server *sandbox.Server, address string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), addressVariable+"="+address, "GORACE=atexit_sleep_ms=0",
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

// startRedis starts a redis-server, or skips the test if there is none, and returns its
// address. The Debian package is redis-server.
func startRedis(t *testing.T, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("Redis: not run (no redis-server; Debian's package is redis-server)")
	}
	return startServer(t, program, args...)
}

// startServer starts a server of Redis or of Sentinel on loopback, and waits for it.
func startServer(t *testing.T, program string, args ...string) string {
	t.Helper()
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), program, append(args, "--port", port, "--bind", "127.0.0.1", "--dir", dir)...)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
	c := redis.NewClient(&redis.Options{Addr: address})
	defer c.Close()
	responds := func() bool {
		err := c.Ping(t.Context()).Err()
		_, refused := errors.AsType[redis.Error](err) // without a password
		return err == nil || refused
	}
	for deadline := time.Now().Add(20 * time.Second); !responds(); {
		if time.Now().After(deadline) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not respond within 20s:\n%s", program, text)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return address
}

// freeAddress returns an address of loopback that no server listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// newClient returns a client of go-redis. Change changes its options; it may be nil.
func newClient(t *testing.T, address string, change func(*redis.Options)) redis.UniversalClient {
	t.Helper()
	options := &redis.Options{Addr: address}
	if change != nil {
		change(options)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newStore(t *testing.T, c redis.UniversalClient, opts ...tapkeyredis.Option) *tapkeyredis.Store {
	t.Helper()
	store, err := tapkeyredis.New(c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func startSandbox(t *testing.T) *sandbox.Server {
	t.Helper()
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}
