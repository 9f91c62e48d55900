package redis_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tapkey-go/tapkey-go/auth/internal/storetest"
	tapkeyredis "github.com/tapkey-go/tapkey-go/auth/redis"
	"github.com/tapkey-go/tapkey-go/client"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func TestMain(m *testing.M) {
	storetest.Main(m, func(address string) (client.TokenStore, error) {
		return tapkeyredis.New(redis.NewClient(&redis.Options{Addr: address}))
	})
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
