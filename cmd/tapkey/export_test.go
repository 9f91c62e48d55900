package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"log"
	"maps"
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
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// export runs `tapkey logs export` and returns the lines it prints.
func export(t *testing.T, env []string, args ...string) []string {
	t.Helper()
	r := tapkeyMain(t, env, append([]string{"logs", "export"}, args...)...)
	r.checkSuccess(t)
	return strings.SplitAfter(strings.TrimSuffix(r.stdout, "\n"), "\n")
}

// parseCSV parses an exported log and checks the number of its rows.
func parseCSV(t *testing.T, lines []string, want int) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.Join(lines, ""))).ReadAll()
	if err != nil || len(rows) != want {
		t.Fatalf("CSV has %d rows, error = %v; want %d", len(rows), err, want)
	}
	return rows
}

// parseRecord parses a line of JSON Lines.
func parseRecord(t *testing.T, line string) (r record) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatalf("line %.200q: error = %v, want a record", line, err)
	}
	return r
}

func TestExportFormatsAgree(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	rows := parseCSV(t, export(t, env, "--owner", "Coworking Space"), 1+1029) // six of seven entries are openings
	lines := export(t, env, "--owner", "Coworking Space", "--format", "jsonl", "--read-ahead", "0")
	if len(lines) != len(rows)-1 {
		t.Fatalf("JSON Lines has %d lines, want %d", len(lines), len(rows)-1)
	}
	for i, line := range lines {
		var fields map[string]any
		must(t, json.Unmarshal([]byte(line), &fields))
		got := []any{fields["id"], fields["lockTitle"], fields["contactIdentifier"], fields["receivedAt"], len(fields)}
		row := rows[i+1]
		if want := []any{row[10], row[2], row[4], row[9], len(row)}; !slices.Equal(got, want) {
			t.Fatalf("line %d = %v, want %v as in CSV", i, got, want)
		}
	}
}

func TestExportContinues(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	all := export(t, env, "--owner", "Home", "--format", "jsonl")
	after := parseRecord(t, all[len(all)/2]).ReceivedAt
	var want []string
	for _, line := range all {
		if parseRecord(t, line).ReceivedAt > after {
			want = append(want, line)
		}
	}
	if len(want) == 0 || len(want) == len(all) {
		t.Fatalf("%d of %d lines were received after %s, want some but not all", len(want), len(all), after)
	}
	if got := export(t, env, "--owner", "Home", "--format", "jsonl", "--after", after); !slices.Equal(got, want) {
		t.Errorf("export after %s = %d lines %q, want %d lines %q", after, len(got), got, len(want), want)
	}
}

// Names may be chosen by an attacker.
func TestExportGuardsFormulas(t *testing.T) {
	t.Parallel()
	recorder, env := startRecorder(t)
	owner := "7f9c1e52-0000-4000-8000-000000000000"
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
		quoted, err := json.Marshal(name)
		must(t, err)
		recorder.respond(200, `[{"id":"1","title":`+string(quoted)+`,"identifier":`+string(quoted)+
			`,"physicalLockId":"invalid base64","boundLockId":"1","contactId":"1","boundCardId":"1","entryNo":-1}]`, http.Header{"Content-Type": {"application/json"}})
		row := parseCSV(t, export(t, env, "--owner", owner), 2)[1]
		for column, want := range map[int]string{1: "invalid base64", 2: want, 4: want, 6: want} {
			if row[column] != want {
				t.Errorf("%.50q in CSV column %d = %.200q, want %.200q", name, column, row[column], want)
			}
		}
		line := export(t, env, "--owner", owner, "--format", "jsonl")[0]
		// json.Marshal, above, has already replaced invalid UTF-8.
		sent := strings.ToValidUTF8(strings.ReplaceAll(name, "\xff\xfe", "\ufffd\ufffd"), "\ufffd")
		if got := parseRecord(t, line).ContactIdentifier; got != sent {
			t.Errorf("%.50q in JSON Lines = %.200q, want %.200q", name, got, sent)
		}
		checkLacks(t, "line", line, controls...)
		if n := strings.Count(line, "\n"); n > 1 {
			t.Errorf("%.50q in JSON Lines has %d line breaks, want at most 1", name, n)
		}
	}
}

// A file is complete or absent; an existing file is unchanged.
func TestExportThatFailsLeavesTheFile(t *testing.T) {
	skipShort(t, "exports that fail")
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{
		"look-up": {Kind: sandbox.Fault500, Operation: "listContacts"},
		"entries": {Kind: sandbox.Fault404, Operation: "listLogEntries"},
		"cut off": {Kind: sandbox.FaultCloseBody, Operation: "listLogEntries", Bytes: 5000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, env := startSandbox(t)
			must(t, server.Inject(fault))
			testFailingExport(t, env)
		})
	}
}

func TestExportThatFailsOnTheSecondPageLeavesTheFile(t *testing.T) {
	t.Parallel()
	testFailingExport(t, startProxy(t, func(w http.ResponseWriter, r *http.Request) bool {
		second := r.URL.Query().Get("$skip") == "500"
		if second {
			w.WriteHeader(http.StatusPaymentRequired)
		}
		return second
	}))
}

func testFailingExport(t *testing.T, env []string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "log.csv")
	export := []string{"logs", "export", "--owner", "Coworking Space", "-o", file}
	tapkeyMain(t, env, export...).checkFailure(t, exitFailed)
	checkFiles(t, dir, map[string]string{})
	must(t, os.WriteFile(file, []byte("the old file\n"), 0o640))
	tapkeyMain(t, env, export...).checkFailure(t, exitFailed)
	checkFiles(t, dir, map[string]string{"log.csv": "the old file\n"})
}

// checkFiles checks the names and contents of all files in a directory.
func checkFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	must(t, err)
	got := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		must(t, err)
		got[f.Name()] = string(text)
	}
	if !maps.Equal(got, want) {
		t.Errorf("files = %.500q, want %.500q", got, want)
	}
}

func TestExportReplacesAFile(t *testing.T) {
	t.Parallel()
	_, env := startSandbox(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "log.csv")
	want := strings.Join(export(t, env, "--owner", "Home"), "") + "\n"
	for _, mode := range []os.FileMode{0, 0o644, 0o640, 0o600} { // 0 means that the file is new
		if mode == 0 {
			mode = 0o600
		} else {
			must(t, os.Chmod(file, mode))
		}
		export(t, env, "--owner", "Home", "--output", file)
		checkFiles(t, dir, map[string]string{"log.csv": want})
		info, err := os.Stat(file)
		must(t, err)
		if got := info.Mode().Perm(); runtime.GOOS != "windows" && got != mode {
			t.Errorf("mode of the file = %v, want %v", got, mode)
		}
	}
}

func TestExportMisuse(t *testing.T) {
	t.Parallel()
	server, env := startSandbox(t)
	dir := t.TempDir()
	// A socket instead of a device: broken code that runs as root would replace a device.
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Skip("misuse: not run (no Unix sockets)")
	}
	defer socket.Close()
	for name, args := range map[string][]string{
		"format":            {"--format", "xml"},
		"time":              {"--after", "1287"},
		"read-ahead":        {"--read-ahead", "-1"},
		"directory":         {"--output", dir},
		"missing directory": {"--output", filepath.Join(dir, "no", "log.csv")},
		"socket":            {"--output", filepath.Join(dir, "socket")},
		"empty name":        {"--output", ""},
		"argument":          {"log.csv"},
		"unknown owner":     {"--owner", "Nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			r := tapkeyMain(t, env, append([]string{"logs", "export", "--owner", "Home"}, args...)...)
			r.checkFailure(t, exitMisuse)
			checkLacks(t, "stderr", r.stderr, ".tmp")
		})
	}
	check(t, "calls of listLogEntries", server.Count("listLogEntries"), 0)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Type() != os.ModeSocket {
		t.Errorf("files = %v, %v; want the socket alone", files, err)
	}
}

// startProxy starts a sandbox behind a proxy. The function handle reports whether it has
// handled a request; all other requests are forwarded to the sandbox.
func startProxy(t *testing.T, handle func(http.ResponseWriter, *http.Request) bool) (env []string) {
	t.Helper()
	server, env := startSandbox(t)
	base, err := url.Parse(strings.TrimSuffix(server.BaseURL(), "/api/v1"))
	must(t, err)
	forward := httputil.NewSingleHostReverseProxy(base)
	forward.ErrorLog = log.New(io.Discard, "", 0) // clients disconnect
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !handle(w, r) {
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(proxy.Close)
	return append(env, "TAPKEY_BASE_URI="+proxy.URL)
}

// startStalling starts a sandbox that stalls at the second page of the log.
func startStalling(t *testing.T) (env []string, stalled <-chan struct{}) {
	t.Helper()
	reached := make(chan struct{}, 10)
	return startProxy(t, func(_ http.ResponseWriter, r *http.Request) bool {
		skip := r.URL.Query().Get("$skip")
		if skip == "" || skip == "0" {
			return false
		}
		reached <- struct{}{}
		<-r.Context().Done()
		return true
	}), reached
}

func TestInterruptedExportLeavesNoFile(t *testing.T) {
	skipShort(t, "interrupted exports")
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, readAhead := range []string{"0", "1", "3"} {
			env, stalled := startStalling(t)
			dir := t.TempDir()
			interrupt(t, stalled, signal, "tapkey: interrupted\n", command(t, env, "logs", "export", "--owner", "Coworking Space",
				"--output", filepath.Join(dir, "log.csv"), "--read-ahead", readAhead))
			checkFiles(t, dir, map[string]string{})
		}
	}
}

func TestInterruptedList(t *testing.T) {
	t.Parallel()
	env, stalled := startStalling(t)
	interrupt(t, stalled, syscall.SIGINT, "tapkey: interrupted\n", command(t, env, "logs", "list", "--owner", "Coworking Space", "--json"))
}

// An interrupt among several changes reports where it stopped and that the last one may have been executed.
func TestInterruptedChanges(t *testing.T) {
	t.Parallel()
	var methods atomic.Int64
	reached := make(chan struct{}, 1)
	env := startProxy(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet || methods.Add(1) != 2 {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		reached <- struct{}{}
		<-r.Context().Done()
		return true
	})
	const grant = "3a6f18c9-0000-4000-8000-00000000000"
	interrupt(t, reached, syscall.SIGINT, "tapkey: stopped at "+grant+"1, 2 of 3\ntapkey: interrupted: revokeGrant may have been executed\n",
		command(t, env, "grants", "revoke", grant+"0", grant+"1", grant+"2", "--owner", homeID, "--yes"))
	check(t, "requests that change something", methods.Load(), 2)
}

// interrupt runs a command, sends it a signal when it has stalled, and checks how it ends and
// what it reports.
func interrupt(t *testing.T, stalled <-chan struct{}, signal os.Signal, want string, cmd *exec.Cmd) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("interrupt: not run (Windows)")
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-stalled:
	case err := <-ended:
		t.Fatalf("%q ended before the signal: %v, want it to stall; stderr = %q", cmd.Args[1:], err, &stderr)
	}
	must(t, cmd.Process.Signal(signal))
	err := <-ended
	check(t, "stderr", stderr.String(), want)
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitInterrupted {
		t.Errorf("%q after %v: %v, want exit status %d", cmd.Args[1:], signal, err, exitInterrupted)
	}
}
