package tokenstore_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/auth/internal/storetest"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// Fifty processes that start at once send one token request, and one more after the token was
// revoked.
func TestFiftyProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("50 processes: not run (-short)")
	}
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "tokens")
	processes := make([]*storetest.Process, 50)
	for i := range processes {
		processes[i] = storetest.Start(t, server, dir)
	}
	for round := 1; round <= 3; round++ {
		for _, p := range processes {
			p.Call(t)
		}
		for _, p := range processes {
			p.Expect(t, "ok")
		}
		if got := server.TokenRequests(); got != round {
			t.Errorf("after round %d: got %d token requests, want %d", round, got, round)
		}
		server.RevokeTokens()
	}
	if got := server.Count("listOwners"); got < 150 || got > 250 { // 50 + 2 * (50 + 50 refused)
		t.Errorf("got %d calls, want 150 to 250", got)
	}
}

// Processes that are killed at any time leave neither a broken file nor a lock.
func TestKilledProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("processes that are killed: not run (-short)")
	}
	server, err := sandbox.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "tokens")
	for range 50 / 10 {
		var wait sync.WaitGroup
		for range 10 {
			p := storetest.Start(t, server, dir)
			p.Call(t)
			wait.Go(func() {
				// The delay only spreads the kills over the call.
				time.Sleep(rand.N(20 * time.Millisecond))
				_ = p.Process.Kill()
				_ = p.Wait()
			})
			server.RevokeTokens() // so that there is always something to save
		}
		wait.Wait()
		survivor := storetest.Start(t, server, dir)
		began := time.Now()
		survivor.Call(t)
		survivor.Expect(t, "ok")
		t.Logf("a call after 10 processes were killed took %v", time.Since(began))
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got mode %v, want -rw-------", name, info.Mode())
		}
		if content, err := os.ReadFile(name); err != nil || strings.HasSuffix(name, ".json") && !strings.HasSuffix(string(content), "}") {
			t.Errorf("%s: got %d bytes and error %v, want complete JSON", name, len(content), err)
		}
	}
	before := server.TokenRequests()
	last := storetest.Start(t, server, dir)
	last.Call(t)
	last.Expect(t, "ok")
	if got := server.TokenRequests(); got != before {
		t.Errorf("after all: got %d token requests, want none: the stored token is valid", got-before)
	}
}
