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

// program runs a command line and returns its exit status and what it printed.
func program(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, &stdout, &stderr)
	return status, stdout.String() + stderr.String()
}

// exits runs a command line that has to end with a status and to print some words.
func exits(t *testing.T, want int, words string, args ...string) string {
	t.Helper()
	status, out := program(t, args...)
	if status != want || !strings.Contains(out, words) {
		t.Fatalf("contract %s: exit %d, want %d and %q:\n%s", strings.Join(args, " "), status, want, words, out)
	}
	return out
}

// startSandbox starts a sandbox and points the environment at it.
func startSandbox(t *testing.T, opts ...sandbox.Option) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
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
			t.Errorf("live sent %s %s", r.Method, r.Operation)
		}
	}
}

// Each deviation of the sandbox, on each read: live names its class and its operation,
// and no other.
func TestLiveNamesTheDeviation(t *testing.T) {
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
					t.Errorf("%s on %s: found %s", kind, operation, f)
				}
			}
			if len(report.Findings) == 0 {
				t.Errorf("%s on %s: nothing found", kind, operation)
			}
			if err := s.ClearFaults(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// reads are the operations that live covers.
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
		t.Fatalf("%d reads, want 18", len(ids))
	}
	return ids
}

// liveJSON runs live --json, which has to end with a status.
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
		t.Fatalf("exit %d, want %d:\n%s", got, status, out)
	}
	return report.Report
}

// Nothing that was not checked is green, and each says why.
func TestLiveSaysThatItCouldNotCheck(t *testing.T) {
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
		}, "no answer"},
		"everything is 401": {func(t *testing.T) {
			startSandbox(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault401}))
		}, "every answer was 401"},
		"everything is 503": {func(t *testing.T) {
			startSandbox(t, sandbox.WithFaults(sandbox.Fault{Kind: sandbox.Fault503}))
		}, "no list had anything in it"},
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
				t.Errorf("want the reason %q:\n%s", test.reason, out)
			}
		})
	}
}

func TestLiveIsIncompleteWithoutUsers(t *testing.T) {
	startSandbox(t)
	exits(t, 0, "live: agrees: ", "live")
	exits(t, 3, "not every read had something to check", "live", "--complete", "--owner", homeID)
}

// homeID is an owner account of the sandbox without users of an identity provider.
const homeID = "7f9c1e52-0000-4000-8000-000000000000"

// No value from the data gets into a report or a recording.
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
		t.Fatalf("%d recordings, %v", len(files), err)
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
			t.Errorf("%q of the data got out", value)
		}
	}
	exits(t, 1, "unknown field at /*/sandboxUnknown", "replay", dir)
}

// What is recorded is the same each time, and replays without a network to the same
// verdict.
func TestRecordAndReplay(t *testing.T) {
	startSandbox(t)
	first, second := t.TempDir(), t.TempDir()
	exits(t, 0, "live: agrees", "live", "--record", first)
	exits(t, 0, "live: agrees", "live", "--record", second)
	if a, b := contents(t, first), contents(t, second); a != b {
		t.Errorf("two recordings differ:\n%s\n%s", a, b)
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

var update = flag.Bool("update", false, "record the sandbox into contract/recorded")

// The recordings of this repository are what the sandbox answers.
func TestTheRecordingsAreCurrent(t *testing.T) {
	startSandbox(t)
	kept, dir := filepath.Join("..", "..", "recorded"), t.TempDir()
	if *update {
		dir = kept
	}
	exits(t, 0, "live: agrees", "live", "--record", dir)
	if contents(t, dir) != contents(t, kept) {
		t.Error("contract/recorded is stale: go test -C contract ./cmd/contract -run Recordings -update")
	}
}

// contents is all files of a directory with their names.
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

// Only so many owner accounts are looked at, and the one that is asked for.
func TestLiveLooksAtSoManyOwners(t *testing.T) {
	s := startSandbox(t)
	if report := liveJSON(t, 0, "--owners", "1"); report.Checked != 16 || s.Count("listIdentityProviderUsers") != 0 {
		t.Errorf("%d reads in one owner account, want 16", report.Checked)
	}
	if report := liveJSON(t, 0, "--owners", "2"); report.Checked != 18 {
		t.Errorf("%d reads in two owner accounts, want 18", report.Checked)
	}
}

// broken is a writer that panics, as a tool might.
type broken struct{}

func (broken) Write([]byte) (int, error) { panic("out of order") }

func TestAPanicIsNoVerdict(t *testing.T) {
	var stderr bytes.Buffer
	if status := run(t.Context(), []string{"lint", "--rules"}, broken{}, &stderr); status != 3 {
		t.Errorf("exit %d, want 3:\n%s", status, &stderr)
	}
}

func TestMisuse(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nonsense"}, {"lint", "a", "b"}, {"live", "--top", "0"}, {"live", "--nonsense"}, {"replay"},
		{"live", "--json", "--markdown"}, {"live", "--identity-provider", "x"}, {"release", "1.0"},
	} {
		if status, out := program(t, args...); status != 2 {
			t.Errorf("contract %s: exit %d, want 2:\n%s", strings.Join(args, " "), status, out)
		}
	}
}
