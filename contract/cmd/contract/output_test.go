package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tapkey-go/tapkey-go/contract"
	"github.com/tapkey-go/tapkey-go/contract/internal/issue/githubtest"
	"github.com/tapkey-go/tapkey-go/contract/internal/live"
	"github.com/tapkey-go/tapkey-go/contract/internal/verdict"
	"github.com/tapkey-go/tapkey-go/sandbox"
)

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The files of a report: Markdown is appended, JSON is replaced.
func TestReportFiles(t *testing.T) {
	s := startSandbox(t)
	dir := t.TempDir()
	summary, report := filepath.Join(dir, "summary.md"), filepath.Join(dir, "report.json")
	write(t, dir, "summary.md", "before\n")
	write(t, dir, "report.json", strings.Repeat("x", 1<<20))
	exits(t, 0, "live: agrees: ", "live", "--summary", summary, "--report", report)
	if got := read(t, summary); !strings.HasPrefix(got, "before\n## Contract: live agrees\n") {
		t.Errorf("got the summary\n%.200s\nwant the report appended", got)
	}
	if got := read(t, report); !strings.HasPrefix(got, "{\n  \"verdict\": \"agrees\"") || strings.Contains(got, "xxxx") {
		t.Errorf("got the report\n%.200s\nwant JSON", got)
	}

	// The summary of a step has at most 1 MiB.
	write(t, dir, "summary.md", strings.Repeat("x", 1<<20-100))
	exits(t, 3, "summary.md is full", "live", "--summary", summary)
	write(t, dir, "summary.md", strings.Repeat("x", 1<<20-40<<10))
	long := live.Report{Verdict: verdict.Disagrees, Findings: make([]contract.Finding, 50_000)}
	if err := appendSummary(summary, "live", long); err != nil {
		t.Fatal(err)
	}
	if got := read(t, summary); len(got) > 1<<20 || !strings.Contains(got, "more findings are not shown here.") {
		t.Errorf("got a summary of %d bytes, want at most 1 MiB and the number of findings that are not in it", len(got))
	}

	// A file that cannot be written does not hide a disagreement.
	exits(t, 3, "no such file", "live", "--report", filepath.Join(dir, "no", "x"))
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultExtraFields}); err != nil {
		t.Fatal(err)
	}
	exits(t, 1, "no such file", "live", "--report", filepath.Join(dir, "no", "x"))
	exits(t, 1, "not a directory", "live", "--record", filepath.Join(summary, "x"))

	// A check that could not be made has a report, too.
	t.Setenv("TAPKEY_CLIENT_SECRET", "")
	write(t, dir, "summary.md", "")
	exits(t, 3, "TAPKEY_CLIENT_SECRET", "live", "--summary", summary)
	exits(t, 3, "no recordings", "replay", t.TempDir(), "--summary", summary)
	if got := read(t, summary); strings.Count(got, "## Contract: ") != 2 || !strings.Contains(got, "TAPKEY_CLIENT_SECRET") {
		t.Errorf("got the summary\n%s\nwant two reports with the reasons", got)
	}
}

// --issue needs the variables of GitHub, and never changes the exit status of a check.
func TestIssueFlag(t *testing.T) {
	t.Setenv("GITHUB_REPOSITORY", "")
	t.Setenv("GITHUB_TOKEN", githubtest.Token)
	github, s := githubtest.Start(t), startSandbox(t)
	t.Setenv("GITHUB_API_URL", github.URL)
	exits(t, 2, "--issue: GITHUB_REPOSITORY is not set", "live", "--issue")
	exits(t, 2, "--issue: GITHUB_REPOSITORY is not set", "replay", "x", "--issue")
	t.Setenv("GITHUB_REPOSITORY", githubtest.Repository)
	exits(t, 0, "live: agrees", "live", "--issue")
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultExtraFields}); err != nil {
		t.Fatal(err)
	}
	exits(t, 1, "issue 1: opened", "live", "--issue", "--issue-title", "Staging")
	exits(t, 1, "issue 2: opened", "live", "--issue")
	exits(t, 1, "issue 1: updated", "live", "--issue", "--issue-title", "Staging", "--json")
	github.Fail("", 403, "no")
	exits(t, 1, "contract: GET issues: 403 Forbidden: no", "live", "--issue")
	if err := s.ClearFaults(); err != nil {
		t.Fatal(err)
	}
	exits(t, 0, "contract: GET issues: 403 Forbidden: no", "live", "--issue")
	github.Before(nil)
	exits(t, 0, "issue 1: closed", "live", "--issue", "--issue-title", "Staging")
}
