package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

func export(t *testing.T, env []string, args ...string) []string {
	t.Helper()
	out, errs, status := tapkeyMain(t, env, append([]string{"logs", "export"}, args...)...)
	if status != 0 || errs != "" {
		t.Fatalf("%v: status %d, %q", args, status, errs)
	}
	return strings.SplitAfter(strings.TrimSuffix(out, "\n"), "\n")
}

func TestExportedFormatsSayTheSame(t *testing.T) {
	_, env := startSandbox(t)
	rows, err := csv.NewReader(strings.NewReader(strings.Join(export(t, env, "--owner", "Coworking Space"), ""))).ReadAll()
	if err != nil || len(rows) != 1+1029 { // six of seven entries are about opening a lock
		t.Fatal(len(rows), err)
	}
	lines := export(t, env, "--owner", "Coworking Space", "--format", "jsonl", "--read-ahead", "0")
	if len(lines) != len(rows)-1 {
		t.Fatal(len(lines))
	}
	for i, line := range lines {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if row := rows[i+1]; r["id"] != row[10] || r["lockTitle"] != row[2] || r["contactIdentifier"] != row[4] || r["receivedAt"] != row[9] || len(r) != len(row) {
			t.Fatalf("%v and %v differ", r, row)
		}
	}
}

func TestExportContinues(t *testing.T) {
	_, env := startSandbox(t)
	all := export(t, env, "--owner", "Home", "--format", "jsonl")
	received := func(line string) string {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		return r.ReceivedAt
	}
	after := received(all[len(all)/2])
	var want []string
	for _, line := range all {
		if received(line) > after {
			want = append(want, line)
		}
	}
	got := export(t, env, "--owner", "Home", "--format", "jsonl", "--after", after)
	if len(want) == 0 || len(want) == len(all) || !slices.Equal(got, want) {
		t.Errorf("%d lines after %s, want %d of %d", len(got), after, len(want), len(all))
	}
}

// hostile is an account whose names are what an attacker would choose.
func hostile(t *testing.T, name string) (env []string) {
	t.Helper()
	quoted, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	_, env = startSandbox(t)
	return append(env, "TAPKEY_BASE_URI="+answering(t, `[{"id":"1","title":`+string(quoted)+`,"identifier":`+string(quoted)+
		`,"physicalLockId":"no base64","boundLockId":"1","contactId":"1","boundCardId":"1","entryNo":-1}]`))
}

func TestExportGuardsFormulas(t *testing.T) {
	for name, want := range map[string]string{
		`=cmd|'/c calc'!A0`:          `'=cmd|'/c calc'!A0`,
		"+1":                         "'+1",
		"-1+1":                       "'-1+1",
		"@SUM(A1)":                   "'@SUM(A1)",
		"\t=1":                       "' =1",
		"  =1":                       "'  =1",
		"a=1":                        "a=1",
		"":                           "",
		`Smith, "Joe"`:               `Smith, "Joe"`,
		"a\x1b[31m\r\nb\x00\u202ec":  "a [31m  b  c",
		"\xff\xfe":                   "\ufffd\ufffd",
		"Ünal & Söhne <info>":        "Ünal & Söhne <info>",
		strings.Repeat("x", 100_000): strings.Repeat("x", 100_000),
	} {
		env, owner := hostile(t, name), "7f9c1e52-0000-4000-8000-000000000000"
		rows, err := csv.NewReader(strings.NewReader(strings.Join(export(t, env, "--owner", owner), ""))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatal(rows, err)
		}
		row := rows[1]
		if row[2] != want || row[4] != want || row[6] != want || row[1] != "no base64" {
			t.Errorf("%.50q became %.200q", name, row)
		}
		line := export(t, env, "--owner", owner, "--format", "jsonl")[0]
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.ContactIdentifier != strings.ToValidUTF8(name, "\ufffd") && name != "\xff\xfe" {
			t.Errorf("%.50q became %.200q (%v)", name, line, err)
		}
		if strings.ContainsAny(line, "\x1b\u202e") || strings.Count(line, "\n") > 1 {
			t.Errorf("%q obeys", line)
		}
	}
}

// A file is complete or absent, and what was there before stays until then.
func TestExportThatFailsLeavesTheFile(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"look-up": {Kind: sandbox.Fault500, Operation: "listContacts"},
		"entries": {Kind: sandbox.Fault404, Operation: "listLogEntries"},
		"cut off": {Kind: sandbox.FaultCloseBody, Operation: "listLogEntries", Bytes: 5000},
	} {
		server, env := startSandbox(t)
		if err := server.Inject(fault); err != nil {
			t.Fatal(err)
		}
		failingExport(t, name, env)
	}
	failingExport(t, "second page", inFront(t, func(w http.ResponseWriter, r *http.Request) bool {
		second := r.URL.Query().Get("$skip") == "500"
		if second {
			w.WriteHeader(http.StatusPaymentRequired)
		}
		return second
	}))
}

func failingExport(t *testing.T, name string, env []string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "log.csv")
	for _, before := range []string{"", "what was there\n"} {
		if before != "" {
			if err := os.WriteFile(file, []byte(before), 0o640); err != nil {
				t.Fatal(err)
			}
		}
		out, errs, status := tapkeyMain(t, env, "logs", "export", "--owner", "Coworking Space", "-o", file)
		if status != 1 || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q", name, status, out, errs)
		}
		if got := contents(t, dir); before == "" && len(got) > 0 || before != "" && (len(got) != 1 || got["log.csv"] != before) {
			t.Errorf("%s: there is %.200q", name, got)
		}
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = string(text)
	}
	return all
}

func TestExportReplacesAFile(t *testing.T) {
	_, env := startSandbox(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "log.csv")
	want := strings.Join(export(t, env, "--owner", "Home"), "") + "\n"
	for _, mode := range []os.FileMode{0o600, 0o644, 0o640} {
		export(t, env, "--owner", "Home", "--output", file)
		if got := contents(t, dir); len(got) != 1 || got["log.csv"] != want {
			t.Fatalf("there is %q", got)
		}
		if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("mode %v, %v, want %v", info.Mode(), err, mode)
		}
		next := map[os.FileMode]os.FileMode{0o600: 0o644, 0o644: 0o640, 0o640: 0o600}[mode]
		if err := os.Chmod(file, next); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExportMisuse(t *testing.T) {
	server, env := startSandbox(t)
	dir := t.TempDir()
	// Not a device of the system: broken code, run as root, would replace it.
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Skip("misuse: not run (no Unix sockets)")
	}
	defer socket.Close()
	for name, args := range map[string][]string{
		"format":           {"--format", "xml"},
		"time":             {"--after", "1287"},
		"read-ahead":       {"--read-ahead", "-1"},
		"a directory":      {"--output", dir},
		"no directory":     {"--output", filepath.Join(dir, "no", "log.csv")},
		"no regular file":  {"--output", filepath.Join(dir, "socket")},
		"an empty name":    {"--output", ""},
		"an argument":      {"log.csv"},
		"no owner account": {"--owner", "Nowhere"},
	} {
		out, errs, status := tapkeyMain(t, env, append([]string{"logs", "export", "--owner", "Home"}, args...)...)
		if status != 2 || out != "" || strings.Count(errs, "\n") != 1 || strings.Contains(errs, ".tmp") {
			t.Errorf("%s: status %d, %q, %q", name, status, out, errs)
		}
	}
	files, err := os.ReadDir(dir)
	if n := server.Count("listLogEntries"); n > 0 || len(files) != 1 || files[0].Type() != os.ModeSocket {
		t.Errorf("%d pages were read, there is %v, %v", n, files, err)
	}
}

// inFront leads to a sandbox, except for requests that handle deals with.
func inFront(t *testing.T, handle func(http.ResponseWriter, *http.Request) bool) (env []string) {
	t.Helper()
	server, env := startSandbox(t)
	base, err := url.Parse(strings.TrimSuffix(server.BaseURL(), "/api/v1"))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(base)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // requests are cut off
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !handle(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	return append(env, "TAPKEY_BASE_URI="+front.URL)
}

// stalling leads to a sandbox, and stalls at the second page of the log.
func stalling(t *testing.T) (env []string, stalled <-chan struct{}) {
	t.Helper()
	reached := make(chan struct{}, 10)
	return inFront(t, func(_ http.ResponseWriter, r *http.Request) bool {
		skip := r.URL.Query().Get("$skip")
		if skip == "" || skip == "0" {
			return false
		}
		reached <- struct{}{}
		<-r.Context().Done()
		return true
	}), reached
}

func TestInterruptedExportLeavesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("interrupt: not run (Windows)")
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, readAhead := range []string{"0", "1", "3"} {
			env, stalled := stalling(t)
			dir := t.TempDir()
			cmd := command(t, env, "logs", "export", "--owner", "Coworking Space", "--output", filepath.Join(dir, "log.csv"), "--read-ahead", readAhead)
			status, errs := interruptAt(t, cmd, stalled, signal)
			if got := contents(t, dir); status != 130 || errs != "tapkey: interrupted\n" || len(got) > 0 {
				t.Errorf("%v: status %d, %q, there is %q", signal, status, errs, got)
			}
		}
	}
}

func TestInterruptedListPrintsNoHalf(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("interrupt: not run (Windows)")
	}
	env, stalled := stalling(t)
	cmd := command(t, env, "logs", "list", "--owner", "Coworking Space", "--json")
	if status, errs := interruptAt(t, cmd, stalled, syscall.SIGINT); status != 130 || errs != "tapkey: interrupted\n" {
		t.Errorf("status %d, %q", status, errs)
	}
}

// interruptAt runs a command and sends it a signal when something has happened.
func interruptAt(t *testing.T, cmd *exec.Cmd, happened <-chan struct{}, signal os.Signal) (status int, stderr string) {
	t.Helper()
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-happened:
	case err := <-ended:
		t.Fatalf("it ended: %v, %s", err, &errs)
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		if _, exit := errors.AsType[*exec.ExitError](err); !exit {
			t.Fatal(err)
		}
	}
	return cmd.ProcessState.ExitCode(), errs.String()
}
