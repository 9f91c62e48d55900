package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tapkey-go/tapkey-go/sandbox"
)

// step is one step of the workflow in the documentation.
type step struct {
	Name string `yaml:"name"`
	If   string `yaml:"if"`
	Run  string `yaml:"run"`
}

// documentedSteps are the steps of all workflows in the documentation, by name.
func documentedSteps(t *testing.T) map[string]step {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(repository, "docs", "contract-checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := make(map[string]step)
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		var workflow struct {
			Jobs map[string]struct{ Steps []step }
		}
		var list []step
		if err := yaml.Unmarshal([]byte(block[1]), &workflow); err != nil {
			if err := yaml.Unmarshal([]byte(block[1]), &list); err != nil {
				t.Fatal(err)
			}
		}
		for _, job := range workflow.Jobs {
			list = append(list, job.Steps...)
		}
		for _, s := range list {
			steps[s.Name] = s
		}
	}
	return steps
}

// runner runs steps as GitHub does. Its gh notes what it is asked to do.
type runner struct {
	*testing.T
	dir string
}

func newRunner(t *testing.T) runner {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "contract"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write(t, dir, "bin/gh", "#!/bin/sh\necho \"$1 $2\" >> \"$RUNNER_TEMP/asked\"\n[ \"$2\" != list ] || cat \"$RUNNER_TEMP/open\"\n")
	write(t, dir, "open", "")
	if err := os.Chmod(filepath.Join(dir, "bin", "gh"), 0o755); err != nil {
		t.Fatal(err)
	}
	return runner{t, dir}
}

// run runs a step and returns its exit status and what it printed.
func (r runner) run(s step) (int, string) {
	r.Helper()
	if s.Run == "" {
		r.Fatal("the documentation has no such step")
	}
	command := exec.CommandContext(r.Context(), "bash", "-e", "-o", "pipefail", "-c", s.Run)
	command.Env = append(os.Environ(),
		"RUNNER_TEMP="+r.dir,
		"PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"),
		"GITHUB_STEP_SUMMARY="+filepath.Join(r.dir, "summary"),
		"GITHUB_OUTPUT="+filepath.Join(r.dir, "output"),
	)
	command.Dir = r.dir
	out, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		r.Fatal(err)
	}
	return command.ProcessState.ExitCode(), string(out)
}

func (r runner) file(name string) string {
	data, _ := os.ReadFile(filepath.Join(r.dir, name))
	return string(data)
}

// The workflow for services: it reports a disagreement once, and opens nothing if it
// could not check.
func TestTheDocumentedWorkflow(t *testing.T) {
	steps := documentedSteps(t)
	ask, report := steps["Ask the API"], steps["Report that the API disagrees"]
	if report.If != "steps.live.outputs.status == '1'" {
		t.Fatalf("the report is made if %s", report.If)
	}

	t.Run("agrees", func(t *testing.T) {
		startSandbox(t)
		r := newRunner(t)
		if status, out := r.run(ask); status != 0 || r.file("output") != "status=0\n" || !strings.Contains(r.file("summary"), "live agrees") {
			t.Errorf("exit %d, %s, output %q, summary %q", status, out, r.file("output"), r.file("summary"))
		}
	})
	t.Run("could not be checked", func(t *testing.T) {
		startSandbox(t, sandbox.WithFaults(sandbox.Fault{Kind: "401"}))
		r := newRunner(t)
		status, out := r.run(ask)
		if status != 0 || r.file("output") != "status=3\n" || !strings.Contains(out, "::warning::") {
			t.Errorf("exit %d, %s, output %q", status, out, r.file("output"))
		}
	})
	t.Run("disagrees", func(t *testing.T) {
		startSandbox(t)
		t.Setenv("TAPKEY_SCOPES", "")
		s := startSandbox(t, sandbox.WithFaults(sandbox.Fault{Kind: "extra-fields"}))
		defer s.Close()
		r := newRunner(t)
		if status, out := r.run(ask); status != 0 || r.file("output") != "status=1\n" {
			t.Errorf("exit %d, %s, output %q", status, out, r.file("output"))
		}
		if status, out := r.run(report); status != 1 || r.file("asked") != "issue list\nissue create\n" {
			t.Errorf("exit %d, %s, gh was asked for %q", status, out, r.file("asked"))
		}
		write(t, r.dir, "open", "7\n")
		write(t, r.dir, "asked", "")
		if status, out := r.run(report); status != 1 || r.file("asked") != "issue list\nissue comment\n" {
			t.Errorf("exit %d, %s, gh was asked for %q", status, out, r.file("asked"))
		}
	})
	t.Run("replay", func(t *testing.T) {
		r := newRunner(t)
		replay := steps["Do the recorded answers agree with the contract?"]
		if status, out := r.run(replay); status != 3 {
			t.Errorf("without recordings: exit %d, %s", status, out)
		}
		if err := os.CopyFS(filepath.Join(r.dir, "testdata", "tapkey"), os.DirFS(filepath.Join("..", "..", "recorded"))); err != nil {
			t.Fatal(err)
		}
		if status, out := r.run(replay); status != 0 || !strings.Contains(r.file("summary"), "replay agrees") {
			t.Errorf("exit %d, %s, summary %q", status, out, r.file("summary"))
		}
	})
}
