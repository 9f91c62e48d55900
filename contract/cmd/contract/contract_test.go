package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

// program runs a command line and returns its exit status and its output.
func program(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, &stdout, &stderr)
	return status, stdout.String() + stderr.String()
}

// exits runs a command line that must exit with a status and print a text.
func exits(t *testing.T, want int, text string, args ...string) string {
	t.Helper()
	status, out := program(t, args...)
	if status != want || !strings.Contains(out, text) {
		t.Fatalf("contract %s: got exit status %d and\n%swant %d and %q", strings.Join(args, " "), status, out, want, text)
	}
	return out
}

// startSandbox starts a sandbox and sets the environment variables for it.
func startSandbox(t *testing.T, opts ...sandbox.Option) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the sandbox: got error %v, want none", err)
		}
	})
	t.Setenv("TAPKEY_CLIENT_ID", s.ClientID())
	t.Setenv("TAPKEY_CLIENT_SECRET", s.ClientSecret())
	t.Setenv("TAPKEY_BASE_URI", s.BaseURL())
	t.Setenv("TAPKEY_TOKEN_ENDPOINT", s.TokenURL())
	t.Setenv("TAPKEY_SCOPES", "")
	return s
}

func TestLiveAgreesWithTheSandbox(t *testing.T) {
	s := startSandbox(t)
	s.ForgetRequests()
	exits(t, 0, "live: agrees: 18 of 18 reads checked\n", "live", "--complete")
	for _, r := range s.Requests() {
		if r.Operation != "token" && r.Method != "GET" {
			t.Errorf("got the request %s %s, want only GET", r.Method, r.Operation)
		}
	}
}

// For each fault of the sandbox that deviates from the contract, and for each read, live
// reports the class and the operation, and no other finding.
func TestLiveReportsTheDeviation(t *testing.T) {
	s := startSandbox(t)
	kinds := map[sandbox.FaultKind]contract.Class{
		sandbox.FaultExtraFields:        contract.UnknownField,
		sandbox.FaultMissingFields:      contract.MissingRequired,
		sandbox.FaultUnknownEnum:        contract.UnknownEnumValue,
		sandbox.FaultUndocumentedStatus: contract.UndocumentedStatus,
		sandbox.FaultWrongContentType:   contract.WrongContentType,
		sandbox.FaultTruncated:          contract.MalformedBody,
		sandbox.FaultMalformed:          contract.MalformedBody,
		sandbox.FaultEmpty:              contract.MalformedBody,
	}
	withoutEnums := map[string]bool{
		"listOwners": true, "getOwner": true, "listContacts": true, "getContact": true,
		"listBoundCards": true, "getBoundCard": true,
	}
	for kind, class := range kinds {
		for _, operation := range reads(t) {
			if kind == sandbox.FaultUnknownEnum && withoutEnums[operation] {
				continue
			}
			if err := s.Inject(sandbox.Fault{Kind: kind, Operation: operation}); err != nil {
				t.Fatal(err)
			}
			report := liveJSON(t, 1)
			for _, f := range report.Findings {
				if f.Class != class || f.Operation != operation {
					t.Errorf("%s on %s: got the finding %s, want class %s", kind, operation, f, class)
				}
			}
			if len(report.Findings) == 0 {
				t.Errorf("%s on %s: got no finding, want class %s", kind, operation, class)
			}
			if err := s.ClearFaults(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// reads returns the ids of the operations that live calls.
func reads(t *testing.T) []string {
	t.Helper()
	checked, err := contract.NewTransport()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range checked.Coverage() {
		if c.Method == "GET" {
			ids = append(ids, c.Operation)
		}
	}
	if len(ids) != 18 {
		t.Fatalf("got %d reads, want 18", len(ids))
	}
	return ids
}

// liveJSON runs live --json, which must exit with a status.
func liveJSON(t *testing.T, status int, args ...string) live.Report {
	t.Helper()
	got, out := program(t, append([]string{"live", "--json"}, args...)...)
	var report struct {
		live.Report
		Verdict string `json:"verdict"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	if got != status {
		t.Fatalf("live --json: got exit status %d, want %d:\n%s", got, status, out)
	}
	return report.Report
}

// A run that checked nothing does not agree, and reports the reason.
func TestLiveCouldNotBeChecked(t *testing.T) {
	tests := map[string]struct {
		prepare func(t *testing.T)
		reason  string
	}{
		"wrong credentials": {func(t *testing.T) {
			startSandbox(t)
			t.Setenv("TAPKEY_CLIENT_SECRET", "wrong")
		}, "invalid_client"},
		"no credentials": {func(t *testing.T) {
			startSandbox(t)
			t.Setenv("TAPKEY_CLIENT_ID", "")
		}, "TAPKEY_CLIENT_ID"},
		"no network": {func(t *testing.T) {
			s := startSandbox(t)
			if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultRefused}); err != nil {
				t.Fatal(err)
			}
		}, "no response"},
		"everything is 401": {func(t *testing.T) {
			startSandbox(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault401}))
		}, "every response was 401"},
		"everything is 503": {func(t *testing.T) {
			startSandbox(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault503}))
		}, "no list had items"},
		"no owner account": {func(t *testing.T) {
			startSandbox(t, sandbox.WithClient(sandbox.Client{ID: "new", Secret: "secret"}))
			t.Setenv("TAPKEY_CLIENT_ID", "new")
			t.Setenv("TAPKEY_CLIENT_SECRET", "secret")
		}, "administers no owner account"},
		"an empty owner account": {func(t *testing.T) {
			startSandbox(t, sandbox.WithOwner(sandbox.Owner{Name: "New"}))
		}, "every list was empty"},
		"a scope is missing": {func(t *testing.T) {
			startSandbox(t, sandbox.WithClient(sandbox.Client{
				ID: "few", Secret: "secret", Scopes: []string{"read:owneraccounts"}, Administers: []string{"Home"},
			}))
			t.Setenv("TAPKEY_CLIENT_ID", "few")
			t.Setenv("TAPKEY_CLIENT_SECRET", "secret")
		}, "invalid_scope"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.prepare(t)
			out := exits(t, 3, "live: could not be checked: ", "live", "--deadline", "20s")
			if !strings.Contains(out, test.reason) {
				t.Errorf("got\n%swant the reason %q", out, test.reason)
			}
		})
	}
}

func TestLiveIsIncompleteWithoutUsers(t *testing.T) {
	startSandbox(t)
	exits(t, 0, "live: agrees: ", "live")
	exits(t, 3, "not every read was checked", "live", "--complete", "--owner", homeID)
}

// homeID is an owner account of the sandbox without users of an identity provider.
const homeID = "7f9c1e52-0000-4000-8000-000000000000"

// A report or a recording contains no value from the data.
func TestNoDataLeaks(t *testing.T) {
	s := startSandbox(t)
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultExtraFields}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, text := program(t, "live", "--record", dir)
	_, asJSON := program(t, "live", "--json")
	_, markdown := program(t, "live", "--markdown")
	everything := text + asJSON + markdown
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) < 18 {
		t.Fatalf("got %d recordings and error %v, want at least 18", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		everything += string(data)
	}
	for _, value := range []string{
		"Home", "Coworking", "Entrance", "example.com", "employee", "0000-4000", s.ClientSecret(), s.ClientID(), "2023-12",
	} {
		if strings.Contains(everything, value) {
			t.Errorf("got the data %q, want none", value)
		}
	}
	exits(t, 1, "unknown field at /*/sandboxUnknown", "replay", dir)
}

// Two runs write equal recordings, and a replay without a network has the same verdict.
func TestRecordAndReplay(t *testing.T) {
	startSandbox(t)
	first, second := t.TempDir(), t.TempDir()
	exits(t, 0, "live: agrees", "live", "--record", first)
	exits(t, 0, "live: agrees", "live", "--record", second)
	if a, b := contents(t, first), contents(t, second); a != b {
		t.Errorf("got different recordings, want equal ones:\n%s\n%s", a, b)
	}
	t.Setenv("TAPKEY_BASE_URI", "https://nothing.invalid")
	exits(t, 0, "replay: agrees: 18 of 18 reads checked\n", "replay", first)
	exits(t, 3, "there are no recordings", "replay", t.TempDir())

	file := filepath.Join(first, "broken.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	exits(t, 3, "broken.json is not a recording", "replay", first)
}

var update = flag.Bool("update", false, "write the responses of the sandbox to contract/recorded")

// The recordings of this repository are the responses of the sandbox.
func TestTheRecordingsAreCurrent(t *testing.T) {
	startSandbox(t)
	kept, dir := filepath.Join("..", "..", "recorded"), t.TempDir()
	if *update {
		dir = kept
	}
	exits(t, 0, "live: agrees", "live", "--record", dir)
	if contents(t, dir) != contents(t, kept) {
		t.Error("got stale recordings in contract/recorded, want current ones: run go test -C contract ./cmd/contract -run Recordings -update")
	}
}

// contents returns the names and the contents of the recordings in a directory.
func contents(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(filepath.Base(file) + "\n" + string(data))
	}
	return all.String()
}

// live reads at most --owners owner accounts.
func TestLiveOwners(t *testing.T) {
	s := startSandbox(t)
	if report := liveJSON(t, 0, "--owners", "1"); report.Checked != 16 || s.Count("listIdentityProviderUsers") != 0 {
		t.Errorf("one owner account: got %d checked reads and %d calls of listIdentityProviderUsers, want 16 and 0",
			report.Checked, s.Count("listIdentityProviderUsers"))
	}
	if report := liveJSON(t, 0, "--owners", "2"); report.Checked != 18 {
		t.Errorf("two owner accounts: got %d checked reads, want 18", report.Checked)
	}
}

// broken is a writer that panics.
type broken struct{}

func (broken) Write([]byte) (int, error) { panic("out of order") }

func TestPanic(t *testing.T) {
	var stderr bytes.Buffer
	if status := run(t.Context(), []string{"lint", "--rules"}, broken{}, &stderr); status != 3 {
		t.Errorf("got exit status %d, want 3:\n%s", status, &stderr)
	}
}

func TestMisuse(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nonsense"}, {"lint", "a", "b"}, {"live", "--top", "0"}, {"live", "--nonsense"}, {"replay"},
		{"live", "--json", "--markdown"}, {"live", "--identity-provider", "x"}, {"release", "1.0"}, {"release", "v1.2.3-rc.1"},
	} {
		if status, out := program(t, args...); status != 2 {
			t.Errorf("contract %s: got exit status %d, want 2:\n%s", strings.Join(args, " "), status, out)
		}
	}
}
