package main

import (
	"encoding/json"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tapkey-go/tapkey-go/gen/tapkey"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// follow runs `tapkey logs follow --owner Home --once` and checks that it succeeds.
func follow(t *testing.T, env []string, args ...string) (stdout string) {
	t.Helper()
	r := tapkeyMain(t, env, append([]string{"logs", "follow", "--owner", "Home", "--once"}, args...)...)
	r.checkSuccess(t)
	return r.stdout
}

// entryIDs returns the ids in JSON Lines. Each line must be a complete entry.
func entryIDs(t *testing.T, lines string) (ids []string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var entry tapkey.LogEntry
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.ID == "" || entry.ReceivedAt == nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("line %.200q, error %v; want a log entry", line, err)
		}
		ids = append(ids, entry.ID)
	}
	return ids
}

// checkEachOnce checks that there are n entries, each once.
func checkEachOnce(t *testing.T, what string, ids []string, n int) {
	t.Helper()
	distinct := slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) != n || len(distinct) != n {
		t.Errorf("%s: %d entries, %d of them different; want %d, each once", what, len(ids), len(distinct), n)
	}
}

func addEntry(t *testing.T, server *sandbox.Server) (id string) {
	t.Helper()
	id, err := server.AddLogEntry("Home", sandbox.LogEntry{Lock: "Garage", Contact: "sam@example.com"})
	must(t, err)
	return id
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return string(text)
}

func TestFollowIntoAPipe(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	checkEachOnce(t, "without a checkpoint", entryIDs(t, follow(t, env)), 60)
	checkEachOnce(t, "again", entryIDs(t, follow(t, env)), 60)
	checkpoint := filepath.Join(t.TempDir(), "position")
	checkEachOnce(t, "first", entryIDs(t, follow(t, env, "--checkpoint", checkpoint)), 60)
	check(t, "second", follow(t, env, "--checkpoint", checkpoint), "")
	id := addEntry(t, server)
	got := entryIDs(t, follow(t, env, "--checkpoint", checkpoint, "--since", "2099-01-01")) // has a position
	if !slices.Equal(got, []string{id}) {
		t.Errorf("entries = %q, want %q", got, id)
	}
	garage := "c2a85d13-0000-4000-8000-000000000001"
	checkEachOnce(t, "lock", entryIDs(t, follow(t, env, "--lock", garage)), 21)
	checkEachOnce(t, "filter", entryIDs(t, follow(t, env, "--filter", "command eq 'TriggerLock' and boundLockId eq '"+garage+"'")), 18)
	check(t, "future", follow(t, env, "--since", "2099-01-01"), "")
}

func TestFollowIntoAFile(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "log.jsonl")
	run := func(what string, want int) {
		t.Helper()
		check(t, "stdout", follow(t, env, "--output", file), "")
		checkEachOnce(t, what, entryIDs(t, readFile(t, file)), want)
	}
	run("first", 60)
	before := readFile(t, file+".checkpoint")
	run("second", 60)
	addEntry(t, server)
	addEntry(t, server)
	run("more", 62)

	// After a crash, the file has more lines than the checkpoint knows, the last one incomplete.
	must(t, os.WriteFile(file+".checkpoint", []byte(before), 0o600))
	run("lines after the checkpoint", 62)
	must(t, os.WriteFile(file+".checkpoint", []byte(before), 0o600))
	text := readFile(t, file)
	must(t, os.WriteFile(file, []byte(text[:len(text)-20]), 0o600))
	run("incomplete line", 62)
	must(t, os.WriteFile(file+".checkpoint", []byte(before), 0o600))
	must(t, os.WriteFile(file, []byte(strings.TrimSuffix(text, "\n")+strings.Repeat("\x00", 5000)), 0o600))
	run("zeros at the end", 62)

	// The file is rotated while the command is not running.
	must(t, os.Rename(file, file+".1"))
	addEntry(t, server)
	run("rotated", 1)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 4 {
		t.Errorf("files = %v, %v; want the outputs, the checkpoint and its lock", files, err)
	}
}

func TestFollowRefusesFiles(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	follow(t, env, "--output", path("log"))
	follow(t, env, "--checkpoint", path("pipe.checkpoint"))
	must(t, os.WriteFile(path("foreign"), []byte("text\n"), 0o600))
	good, position := readFile(t, path("log")), readFile(t, path("log.checkpoint"))
	for name, content := range map[string][2]string{
		"damaged": {good, position[:40]}, "empty": {good, ""}, "short": {good[:len(good)/2], position}, "tail": {good + "text\n", position},
		"null": {good, "null"}, "object": {good + "{}\n", position}, "negative": {good, strings.Replace(position, `"outputSize":`, `"outputSize":-`, 1)},
	} {
		must(t, os.WriteFile(path(name), []byte(content[0]), 0o600))
		must(t, os.WriteFile(path(name+".checkpoint"), []byte(content[1]), 0o600))
	}
	server.ForgetRequests()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no checkpoint":      {[]string{"--output", path("foreign")}, "is not empty, but its checkpoint"},
		"damaged checkpoint": {[]string{"--output", path("damaged")}, "is damaged"},
		"empty checkpoint":   {[]string{"--output", path("empty")}, "is damaged"},
		"null checkpoint":    {[]string{"--output", path("null")}, "is damaged"},
		"negative size":      {[]string{"--output", path("negative")}, "is damaged"},
		"shorter file":       {[]string{"--output", path("short")}, "is shorter"},
		"other line":         {[]string{"--output", path("tail")}, "is not a log entry"},
		"other object":       {[]string{"--output", path("object")}, "is not a log entry"},
		"other output":       {[]string{"--checkpoint", path("log.checkpoint")}, "another --output"},
		"to a file":          {[]string{"--checkpoint", path("pipe.checkpoint"), "--output", path("new")}, "another --output"},
		"other owner":        {[]string{"--owner", "Coworking Space", "--output", path("log")}, "owner account"},
		"other filter":       {[]string{"--output", path("log"), "--filter", "entryNo eq 1"}, "filter"},
		"other lock":         {[]string{"--output", path("log"), "--lock", "1"}, "lock"},
	} {
		t.Run(name, func(t *testing.T) {
			r := tapkeyMain(t, env, append([]string{"logs", "follow", "--owner", "Home", "--once"}, test.args...)...)
			r.checkFailure(t, exitFailed, test.want)
		})
	}
	check(t, "calls of listLogEntries", server.Count("listLogEntries"), 0)
	check(t, "file", readFile(t, path("log")), good)
	check(t, "checkpoint", readFile(t, path("log.checkpoint")), position)
	check(t, "foreign file", readFile(t, path("foreign")), "text\n")
	check(t, "file with another tail", readFile(t, path("tail")), good+"text\n")
}

func TestFollowMisuse(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	file := filepath.Join(t.TempDir(), "file")
	for name, args := range map[string][]string{
		"same file": {"--output", file, "--checkpoint", filepath.Dir(file) + "/./file"}, "lock file": {"--output", file + ".lock", "--checkpoint", file},
		"interval": {"--interval", "0s"}, "negative interval": {"--interval", "-1s"}, "no duration": {"--interval", "60"}, "overlap": {"--overlap", "0"},
		"since": {"--since", "yesterday"}, "empty output": {"--output", ""}, "directory": {"--output", t.TempDir()}, "empty checkpoint": {"--checkpoint", ""},
		"empty lock": {"--lock", ""}, "empty filter": {"--filter", ""}, "argument": {"x"}, "lock": {"--lock", ".."},
	} {
		t.Run(name, func(t *testing.T) {
			tapkeyMain(t, env, append([]string{"logs", "follow", "--owner", "Home", "--once"}, args...)...).checkFailure(t, exitMisuse)
		})
	}
	tapkeyMain(t, env, "logs", "follow", "--owner", "Home", "--lock", "unknown").checkFailure(t, exitFailed, "404")
	tapkeyMain(t, env, "logs", "follow", "--owner", "Home", "--filter", "entryNo").checkFailure(t, exitFailed, "400")
	tapkeyMain(t, env, "logs", "follow", "--owner", "Home", "--output", filepath.Join(t.TempDir(), "no", "log")).checkFailure(t, exitFailed, "no such")
	check(t, "calls of listLogEntries", server.Count("listLogEntries"), 1)
}

// A failure that may pass is reported, and the command goes on. Rejected credentials end it.
func TestFollowFailures(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.Fault503, Operation: "listLogEntries", Count: 9}))
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.FaultCloseBody, Operation: "listLogEntries", Count: 1, Bytes: 300}))
	file := filepath.Join(t.TempDir(), "log")
	cmd := command(t, env, "logs", "follow", "--owner", "Home", "--output", file, "--interval", "1ms")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	must(t, cmd.Start())
	for n := 0; n < 60; n = strings.Count(string(read(file)), "\n") {
		time.Sleep(5 * time.Millisecond) // another process writes the file
	}
	must(t, cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait()
	check(t, "exit status", cmd.ProcessState.ExitCode(), exitInterrupted)
	lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
	check(t, "last line", lines[len(lines)-1], "tapkey: interrupted")
	if len(lines) < 3 {
		t.Errorf("stderr = %q, want at least 2 retries", lines)
	}
	for _, line := range lines[:len(lines)-1] {
		checkContains(t, "stderr", line, "tapkey: listLogEntries: ", "; next attempt in ")
	}
	checkEachOnce(t, "entries", entryIDs(t, readFile(t, file)), 60)

	tapkeyMain(t, append(env, "TAPKEY_CLIENT_SECRET=wrong"), "logs", "follow", "--owner", "Home").checkFailure(t, exitAuth)
	must(t, server.Inject(sandbox.Fault{Kind: sandbox.Fault403, Operation: "listLogEntries"}))
	tapkeyMain(t, env, "logs", "follow", "--owner", "Home").checkFailure(t, exitFailed, "403")
}

func read(file string) []byte {
	text, _ := os.ReadFile(file)
	return text
}

// A process is killed fifty times, while entries arrive. Each entry is in the file once.
func TestFollowKilled(t *testing.T) {
	skipShort(t, "processes that are killed")
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("processes that are killed: not run (Windows)")
	}
	server, env := startSandbox(t)
	base, err := url.Parse(strings.TrimSuffix(server.BaseURL(), "/api/v1"))
	must(t, err)
	forward := httputil.NewSingleHostReverseProxy(base)
	var mu sync.Mutex
	requests, added := 0, 60
	reached := make(chan struct{}, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/LogEntries") {
			mu.Lock()
			for range rand.IntN(40) {
				late := rand.N(9 * time.Minute)
				server.AdvanceTime(-late)
				addEntry(t, server)
				server.AdvanceTime(late)
				added++
			}
			if requests--; requests == 0 {
				reached <- struct{}{}
			}
			mu.Unlock()
		}
		forward.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	forward.ErrorLog = log.New(io.Discard, "", 0) // clients disconnect
	env = append(env, "TAPKEY_BASE_URI="+proxy.URL)
	file := filepath.Join(t.TempDir(), "log.jsonl")
	recovered := 0
	for range 50 {
		mu.Lock()
		requests = 1 + rand.IntN(6)
		mu.Unlock()
		cmd := command(t, env, "logs", "follow", "--owner", "7f9c1e52-0000-4000-8000-000000000000", "--output", file, "--interval", "1ms")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		must(t, cmd.Start())
		<-reached
		time.Sleep(rand.N(10 * time.Millisecond)) // spreads the kills over what follows the request
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		check(t, "stderr", stderr.String(), "")
		var position followPosition
		if json.Unmarshal(read(file+".checkpoint"), &position) == nil && position.Size != nil && *position.Size < int64(len(read(file))) {
			recovered++
		}
	}
	mu.Lock()
	requests = 0
	mu.Unlock()
	t.Logf("%d entries; %d of 50 kills came between the file and the checkpoint", added, recovered)
	env = append(env, "TAPKEY_BASE_URI="+base.String())
	follow(t, env, "--output", file)
	checkEachOnce(t, "after 50 kills", entryIDs(t, readFile(t, file)), added)
}

// Two processes cannot use one checkpoint.
func TestFollowTwice(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("two processes: not run (Windows)")
	}
	server, env := startSandbox(t)
	file := filepath.Join(t.TempDir(), "log")
	cmd := command(t, env, "logs", "follow", "--owner", "Home", "--output", file)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	must(t, cmd.Start())
	for len(read(file)) == 0 {
		time.Sleep(5 * time.Millisecond) // another process writes the file
	}
	calls := server.Count("listLogEntries")
	tapkeyMain(t, env, "logs", "follow", "--owner", "Home", "--output", file).checkFailure(t, exitFailed, "another process uses it")
	if got := server.Count("listLogEntries"); got > calls+3 { // those of the first process
		t.Errorf("calls of listLogEntries = %d, want at most %d", got, calls+3)
	}
	must(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	check(t, "exit status", cmd.ProcessState.ExitCode(), exitInterrupted)
	check(t, "stderr", stderr.String(), "tapkey: interrupted\n")
	checkEachOnce(t, "entries", entryIDs(t, readFile(t, file)), 60)
}
