package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// gitlabJob is a job of GitLab CI.
type gitlabJob struct {
	Image        string
	Rules        []map[string]string
	Script       []string
	Artifacts    struct{ Paths []string }
	AllowFailure struct {
		ExitCodes int `yaml:"exit_codes"`
	} `yaml:"allow_failure"`
}

func documentedJob(t *testing.T) gitlabJob {
	t.Helper()
	for _, block := range documentedBlocks(t) {
		if !strings.HasPrefix(block, "tapkey contract:") {
			continue
		}
		var jobs map[string]gitlabJob
		if err := yaml.Unmarshal([]byte(block), &jobs); err != nil {
			t.Fatal(err)
		}
		return jobs["tapkey contract"]
	}
	t.Fatal("got no job for GitLab in the documentation, want one")
	return gitlabJob{}
}

// The documented job for GitLab works with a clone of a released version. The release is
// that of the source tree as it is.
func TestTheDocumentedJob(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	for _, program := range []string{"bash", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the job: not run (%s is not installed)", program)
		}
	}
	listed, err := exec.CommandContext(t.Context(), "git", "-C", repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skip("the job: not run (the source tree is not a git repository)")
	}
	dir := t.TempDir()
	release := filepath.Join(dir, "release")
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		if data, err := os.ReadFile(filepath.Join(repository, name)); err == nil {
			write(t, release, name, string(data))
		}
	}
	git(t, release, "init", "--quiet")
	commit(t, release)
	git(t, release, "tag", "v0.1.0")
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "url.file://"+release+".insteadOf")
	t.Setenv("GIT_CONFIG_VALUE_0", "https://github.com/tapkey-go/tapkey-go")

	job := documentedJob(t)
	run := func(lines ...string) (int, string) {
		command := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", strings.ReplaceAll(strings.Join(lines, "\n"), "/tmp/", dir+"/"))
		command.Dir = dir
		out, err := command.CombinedOutput()
		if err != nil && command.ProcessState == nil {
			t.Fatal(err)
		}
		return command.ProcessState.ExitCode(), string(out)
	}
	s := startSandbox(t)
	if status, out := run(job.Script...); status != 0 {
		t.Fatalf("got exit status %d, want 0:\n%s", status, out)
	}
	for _, file := range job.Artifacts.Paths {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: got error %v, want a file", file, err)
		}
	}
	last := job.Script[len(job.Script)-1]
	if err := s.Inject(sandbox.Fault{Kind: sandbox.FaultExtraFields}); err != nil {
		t.Fatal(err)
	}
	if status, out := run(last); status != 1 {
		t.Errorf("a deviation: got exit status %d, want 1:\n%s", status, out)
	}
	t.Setenv("TAPKEY_CLIENT_SECRET", "wrong")
	if status, out := run(last); status != 3 || job.AllowFailure.ExitCodes != 3 {
		t.Errorf("a wrong secret: got exit status %d and the allowed one %d, want 3:\n%s", status, job.AllowFailure.ExitCodes, out)
	}
	if job.Image != "golang:"+readMetadata(t).Runs.Steps[0].With["go-version"] || !slices.ContainsFunc(job.Rules, func(r map[string]string) bool { return strings.Contains(r["if"], "schedule") }) {
		t.Errorf("got the image %s and the rules %v, want the Go version of the action, and a schedule", job.Image, job.Rules)
	}
}
